"""feedback: SMS conversations after the ride. What AWS lets nobody make by template stands in the service's README."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_smsvoice as smsvoice
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.jwt_api import JwtApi
from infra.patterns.notifications import Notifications
from infra.patterns.outbox import Outbox
from infra.patterns.service_function import METRICS_NAMESPACE, ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.service_table import ServiceTable
from infra.patterns.subscription import Subscription
from infra.stage import Stage
from wild_rydes_contracts import RideCompleted

SERVICE: Final = "feedback"
DUE_INDEX: Final = "by-due"
CALLBACK_INDEX: Final = "by-callback"
SMS_NAME: Final = "wild-rydes-feedback"
"""Of the configuration set and of the opt-out list."""
SMS_SERVICE: Final = "sms-voice.amazonaws.com"


# What the customer does once asked, and how it ends; and a score that was added to its responder's. Before a customer
# is known to be asked there is nothing to tell.
ANNOUNCED_CHANGES: Final = (
    {"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"asked_at": {"N": [{"exists": True}]}}}},
    {"dynamodb": {"Keys": {"id": {"S": [{"prefix": "responder#"}]}}}},
)
# An SMS waits to be sent.
SPOKEN_CHANGES: Final = ({"dynamodb": {"NewImage": {"sms_state": {"S": ["waiting"]}}}},)


class FeedbackStack(ServiceStack):
    """Table, what drives its conversations (rides, replies, receipts, time), outreach, publisher and API."""

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.FEEDBACK_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: SMS conversations after the ride",
        )
        self._table = self._make_table()
        self._key = kms.Key(
            self,
            "Key",
            description="Encrypts what carries phone numbers: replies and delivery receipts",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,  # what it encrypts lives for 14 days at most
        )
        self._number_secret = self._make_number_secret()
        self._requests()
        self._outreach()
        self._publisher()
        self._replies()
        self._receipts()
        self._timers()
        self._api()

    def _make_table(self) -> ServiceTable:
        table = ServiceTable(self)
        # Both sparse: a conversation carries these attributes just as long as time, or the support team, has to act.
        table.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=dynamodb.Attribute(name="due", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="due_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        table.add_global_secondary_index(
            index_name=CALLBACK_INDEX,
            partition_key=dynamodb.Attribute(name="callback", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="callback_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        return table

    def _make_number_secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "NumberSecret",
            description="Makes the pseudonyms of phone numbers; with another one no STOP is known any more",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,  # of no use, or vital: as the table
        )
        accept(
            secret, {"AwsSolutions-SMG4": "Rotated, it would forget who has said STOP: every number is new"}
        )
        return secret

    def _requests(self) -> None:
        function = self._function("rides", seconds=3)
        function.may("dynamodb:PutItem", on=self._table.table_arn)
        Subscription(self, "feedback-rides", RideCompleted, consumer=function)

    def _outreach(self) -> None:
        number = self.stage.origination_number or self.parameter(naming.ORIGINATION_NUMBER_PARAMETER)
        function = self._function(
            "outreach",
            seconds=60,  # ten conversations, each with calls that may hang for seconds
            USER_POOL_ID=self.parameter(naming.USER_POOL_ID_PARAMETER),
            ORIGINATION_NUMBER=number,
            CONFIGURATION_SET=SMS_NAME,
            WAKING_HOURS=self.stage.waking_hours,
        )
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self._table.table_arn)
        function.may("cognito-idp:AdminGetUser", on=self.users.user_pool_arn)
        numbers = self.format_arn(service="sms-voice", resource="phone-number", resource_name="*")
        function.may("sms-voice:SendTextMessage", on=numbers)
        accept(
            function.own_role,
            {
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sms-voice:<AWS::Region>:<AWS::AccountId>"
                ":phone-number/*]": "The number is registered by hand; its id is not known here"
            },
        )
        self._knows_numbers(function)
        if self.stage.phones:
            function.add_environment("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", self.stage.phones)
        # Nothing is lost with a record given up: the timers bring every SMS that still waits.
        Outbox(
            self,
            "feedback-outreach-dlq",
            table=self._table,
            publisher=function,
            changes=SPOKEN_CHANGES,
            batch_size=10,
            give_up_after=3600,
        )
        smsvoice.CfnOptOutList(self, "OptOutList", opt_out_list_name=SMS_NAME)

    def _publisher(self) -> None:
        function = self._function("outbox", seconds=10)
        function.may("dynamodb:UpdateItem", on=self._table.table_arn)
        function.may_publish()
        Outbox(
            self,
            "feedback-outbox-dlq",
            table=self._table,
            publisher=function,
            changes=ANNOUNCED_CHANGES,
        )

    def _replies(self) -> None:
        function = self._function("replies", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self._table.table_arn)
        self._knows_numbers(function)
        self._notifications("feedback-sms-replies", naming.SMS_REPLIES, function)

    def _receipts(self) -> None:
        function = self._function("receipts", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self._table.table_arn)
        receipts = self._notifications("feedback-sms-receipts", naming.SMS_RECEIPTS, function)
        configuration = smsvoice.CfnConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=SMS_NAME,
            event_destinations=[
                smsvoice.CfnConfigurationSet.EventDestinationProperty(
                    event_destination_name="receipts",
                    enabled=True,
                    matching_event_types=["TEXT_ALL"],
                    sns_destination=smsvoice.CfnConfigurationSet.SnsDestinationProperty(
                        topic_arn=receipts.topic.topic_arn
                    ),
                )
            ],
        )
        if receipts.policy:
            configuration.node.add_dependency(receipts.policy)  # it is not made unless it may publish

    def _timers(self) -> None:
        function = self._function("timers", seconds=60)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self._table.table_arn)
        function.may("dynamodb:Query", on=f"{self._table.table_arn}/index/{DUE_INDEX}")
        events.Rule(
            self,
            "EveryMinute",
            rule_name="feedback-timers",
            description="Lets time pass for the conversations that are due",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            targets=[targets.LambdaFunction(function, retry_attempts=0)],  # the next minute comes anyway
        )
        self.alarm(
            "feedback-not-woken",
            cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name="ConversationsNotWoken",
                dimensions_map={"service": SERVICE},
                period=cdk.Duration.minutes(5),
                statistic="sum",
            ),
            threshold=1,
            meaning="Time does not pass for a conversation: see the log of feedback-timers",
        )

    def _api(self) -> None:
        function = self._function("api", seconds=10, snap_start=True)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self._table.table_arn)
        function.may("dynamodb:Query", on=f"{self._table.table_arn}/index/{CALLBACK_INDEX}")
        api = JwtApi(self, "support-api", function=function)
        if self.stage.endpoint:
            function.add_environment("PUBLIC_URL", api.public_url)
        self.publish_parameter("support-api-url", naming.SUPPORT_API_URL_PARAMETER, api.public_url)

    def _notifications(self, queue: str, topic: str, consumer: ServiceFunction) -> Notifications:
        return Notifications(
            self, queue, topic_name=topic, publisher=SMS_SERVICE, key=self._key, consumer=consumer
        )

    def _knows_numbers(self, function: ServiceFunction) -> None:
        """Let the function make the pseudonyms of numbers."""
        # Its attribute: the reference that CDK's own property makes is the ARN on AWS alone.
        arn = cdk.Fn.get_att(self.get_logical_id(self._number_secret.node.default_child), "Id")
        function.add_environment("NUMBER_SECRET_ARN", arn.to_string())
        function.may("secretsmanager:GetSecretValue", on=arn.to_string())

    def _function(
        self, role: str, *, seconds: int, snap_start: bool = False, **environment: str
    ) -> ServiceFunction:
        return ServiceFunction(
            self,
            f"{SERVICE}-{role}",
            handler=f"feedback.functions.{role}.handler",
            seconds=seconds,
            snap_start=snap_start,
            environment={"TABLE_NAME": self._table.table_name, **environment},
        )
