"""The platform of all services: the bus, the schema registry, the users with their web ACL, the alarm topic. Deployed first; it knows no service."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_events as events
from aws_cdk import aws_eventschemas as eventschemas
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import archive, naming
from infra.patterns.accept import accept
from infra.patterns.bucket_scans import BucketScans
from infra.patterns.web_acl import WEB_ACL, WebAcl
from infra.stage import Stage

GROUPS: Final = {
    "customers": "Ask for quotes and book rides",
    "unicorns": "Offer rides, answer RFQs",
    "support": "Look after customers and unicorns",
    "machines": "Ask for quotes by programs, with an API key",
}

CONSENT_ATTRIBUTES: Final = {"sms_consent_at": 40, "sms_consent_how": 32, "sms_consent_by": 36}
"""Custom attributes with their greatest length: when, how and through whom a customer agreed to be texted."""


MACHINE_KEY_ATTRIBUTE: Final = "machine_key"
"""The custom attribute that says which API key is a machine client's. Only operators write it."""
_LONGEST_MACHINE_KEY: Final = 256
PARTNER_ATTRIBUTE: Final = "partner"
"""The custom attribute that says for which partner fleet a machine client acts, if for any. Only operators write it."""
_LONGEST_PARTNER: Final = 64


class PlatformStack(cdk.Stack):
    """The bus with its archive, the registry of schemas, the user pool with its groups, the alarm topic, and their parameters."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            naming.PLATFORM_STACK,
            stack_name=stage.names.of(naming.PLATFORM_STACK),
            description="Wild Rydes: event bus, users, alarms",
            synthesizer=stage.synthesizer(),
            termination_protection=stage.protected,
            tags=stage.tags("platform"),
        )
        self._stage = stage
        bus = self._bus()
        self._registry()
        pool, client = self._users()
        topic = self._alarms()
        self._throttles(topic)
        if stage.macie:
            BucketScans(self, stage, topic)
        self._audit_log()
        if stage.gateway_account:
            self._gateway_account()
        published = {
            naming.BUS_NAME_PARAMETER: bus.event_bus_name,
            naming.BUS_ARN_PARAMETER: bus.event_bus_arn,
            naming.USER_POOL_ID_PARAMETER: pool.user_pool_id,
            naming.USER_POOL_ARN_PARAMETER: pool.user_pool_arn,
            naming.USER_POOL_CLIENT_ID_PARAMETER: client.user_pool_client_id,
            naming.ALARM_TOPIC_ARN_PARAMETER: topic.topic_arn,
        }
        if WEB_ACL not in stage.left_out:
            acl = WebAcl(self, stage.names.of("wild-rydes"))
            acl.protect("Users", pool.user_pool_arn)
            published[naming.WEB_ACL_ARN_PARAMETER] = acl.arn
        for name, value in published.items():
            ssm.StringParameter(
                self, name.rpartition("/")[2], parameter_name=stage.names.of(name), string_value=value
            )

    def _bus(self) -> events.EventBus:
        name = self._stage.names.of(naming.BUS_NAME)
        bus = events.EventBus(
            self, "Bus", event_bus_name=name, description="Events between the Wild Rydes services"
        )
        # Nobody may publish under a foreign source, not even a rogue role of this account.
        events.CfnEventBusPolicy(
            self,
            "BusPolicy",
            event_bus_name=bus.event_bus_name,
            statement_id="OnlyWildRydesSources",
            statement={
                "Effect": "Deny",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": bus.event_bus_arn,
                "Condition": {
                    "ForAnyValue:StringNotLike": {"events:source": f"{naming.EVENT_SOURCE_PREFIX}*"}
                },
            },
        )
        bus.archive(
            "Archive",
            archive_name=name,
            description=archive.DESCRIPTION,
            event_pattern=events.EventPattern(source=events.Match.prefix(naming.EVENT_SOURCE_PREFIX)),
            retention=cdk.Duration.days(archive.RETENTION.days),
        )
        return bus

    def _registry(self) -> None:
        """Make the registry, into which each service's stack puts the schemas of its messages."""
        eventschemas.CfnRegistry(
            self,
            "Registry",
            registry_name=self._stage.names.of(naming.REGISTRY_NAME),
            description="What the Wild Rydes services tell each other: an OpenAPI document for code bindings and a JSON"
            " Schema for each version of each message",
        )

    def _users(self) -> tuple[cognito.UserPool, cognito.UserPoolClient]:
        pool = cognito.UserPool(
            self,
            "Users",
            user_pool_name=self._stage.names.of("wild-rydes"),
            self_sign_up_enabled=False,  # staff adds users to groups, which decide what a user may do
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            custom_attributes={
                name: cognito.StringAttribute(max_len=length, mutable=True)
                for name, length in {
                    **CONSENT_ATTRIBUTES,
                    MACHINE_KEY_ATTRIBUTE: _LONGEST_MACHINE_KEY,
                    PARTNER_ATTRIBUTE: _LONGEST_PARTNER,
                }.items()
            },
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=self._stage.protected,
            removal_policy=self._stage.data_removal,
        )
        accept(
            pool,
            {
                "AwsSolutions-COG2": "Riders choose whether they want a second factor",
                "AwsSolutions-COG8": "The Plus plan costs per user; passwords are strong, and there is MFA",
            },
        )
        client = pool.add_client(
            "Client",
            user_pool_client_name=self._stage.names.of("wild-rydes-apps"),
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=self._stage.password_login),
            disable_o_auth=True,
            generate_secret=False,
            # What a user may change with a token of the apps. That a number is theirs is not theirs to say.
            write_attributes=cognito.ClientAttributes()
            .with_standard_attributes(
                email=True, family_name=True, given_name=True, locale=True, phone_number=True
            )
            .with_custom_attributes(*CONSENT_ATTRIBUTES),
            id_token_validity=cdk.Duration.hours(1),
            access_token_validity=cdk.Duration.hours(1),
            prevent_user_existence_errors=True,
        )
        for group, description in GROUPS.items():
            pool.add_group(group, group_name=group, description=description)
        return pool, client

    def _alarms(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Alarms",
            topic_name=self._stage.names.of("wild-rydes-alarms"),
            display_name="Wild Rydes",
            enforce_ssl=self._stage.tls_only,
        )
        # Any policy replaces the default one, which allows this account's alarms to publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return topic

    def _audit_log(self) -> None:
        """Keep for a year what operators did with `rydes stop` and `rydes start`."""
        logs.LogGroup(
            self,
            "Audit",
            log_group_name=self._stage.names.of(naming.AUDIT_LOG),
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _throttles(self, topic: sns.Topic) -> None:
        """Watch all functions of the account at once: they share its concurrency, and an alarm for each is paid for."""
        throttles = cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="Throttles",
            statistic="sum",
            period=cdk.Duration.minutes(5),
        )
        alarm = throttles.create_alarm(
            self,
            "Throttles",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description="Functions of this account are throttled, so their work is late or fails: there is no"
            " concurrency left. Find the function that uses it up, or ask AWS for a higher quota. Runbook: -throttles.",
        )
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(topic))

    def _gateway_account(self) -> None:
        """Give the account the role without which WebSocket APIs write no logs, once for a region.

        Each environment of an account may do so: any of these roles serves them all, the last one is in use, and
        they stay when their stack goes. An account that has a role of its own is deployed to with
        `-c gateway-account=no`.
        """
        role = iam.Role(
            self,
            "GatewayLogsRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        accept(
            role,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role"
                "/AmazonAPIGatewayPushToCloudWatchLogs]": "API Gateway checks for the permissions of this policy"
            },
        )
        account = apigateway.CfnAccount(self, "GatewayAccount", cloud_watch_role_arn=role.role_arn)
        for resource in (role, account):
            # Other APIs of the account may log through it.
            resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
