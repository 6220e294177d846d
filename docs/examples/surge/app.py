"""Surge: a CDK app with one stack, which knows of Wild Rydes its contracts and the SSM parameters of its platform.

| context | value |
|---|---|
| `artifact` | the zip file of the functions |
| `env` | the environment of Wild Rydes to listen to; none on a local cloud, unless one is named |
| `stage` | `local` for a local cloud, which has no TLS |
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from wild_rydes_contracts import RfqCompleted, RfqRequested, rule_pattern

SECONDS = 10
"""The timeout of a function."""


class SurgeStack(cdk.Stack):
    """Rule → queue → `consumer` → table ← `api` ← HTTP API."""

    def __init__(self, app: cdk.App) -> None:
        self._env = app.node.try_get_context("env")
        super().__init__(
            app,
            "Surge",
            stack_name=self._named("Surge"),
            description="Requests and quotes, by place and minute",
        )
        self._table = dynamodb.Table(
            self,
            "Table",
            table_name=self._named("surge"),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,  # the archive of the bus can be replayed
        )
        self._consumer()
        self._api()

    def _consumer(self) -> None:
        tls = self.node.try_get_context("stage") != "local"
        parked = sqs.Queue(
            self,
            "Parked",
            queue_name=self._named("surge-inbox-dlq"),
            enforce_ssl=tls,
            retention_period=cdk.Duration.days(14),
        )
        # Decision 80: nothing sends its messages back, for this reason.
        cdk.Tags.of(parked).add(
            "no-replay", "Figures of the last minutes are made of the events of these minutes"
        )
        inbox = sqs.Queue(
            self,
            "Inbox",
            queue_name=self._named("surge-inbox"),
            enforce_ssl=tls,
            retention_period=cdk.Duration.days(4),
            visibility_timeout=cdk.Duration.seconds(3 * SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=parked, max_receive_count=10),
        )
        pattern = rule_pattern(RfqRequested, RfqCompleted)
        events.Rule(
            self,
            "Rule",
            rule_name=self._named("surge"),
            description="What is asked for, and quoted. From the archive: counted once, dropped when it is too old to tell",
            event_bus=events.EventBus.from_event_bus_name(self, "Bus", self._parameter("bus-name")),
            event_pattern=events.EventPattern(
                source=pattern["source"], detail_type=pattern["detail-type"], detail=pattern["detail"]
            ),
            targets=[
                targets.SqsQueue(
                    inbox,
                    dead_letter_queue=parked,
                    max_event_age=cdk.Duration.seconds(RfqCompleted.useful_life.total_seconds()),
                )
            ],
        )
        function, role = self._function("consumer", DEAD_LETTER_QUEUE_URL=parked.queue_url)
        role.add_to_policy(
            _allow(self._table.table_arn, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        )
        role.add_to_policy(_allow(parked.queue_arn, "sqs:SendMessage"))
        function.add_event_source(
            event_sources.SqsEventSource(inbox, max_concurrency=2, report_batch_item_failures=True)
        )
        alarm = cloudwatch.Alarm(
            self,
            "SomethingIsParked",
            metric=parked.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(1)),
            threshold=1,
            evaluation_periods=1,
            alarm_description="Surge cannot use some events: an attribute of each says why.",
        )
        topic = sns.Topic.from_topic_arn(self, "Alarms", self._parameter("alarm-topic-arn"))
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(topic))

    def _api(self) -> None:
        function, role = self._function("api")
        role.add_to_policy(_allow(self._table.table_arn, "dynamodb:Query"))
        api = apigateway.HttpApi(
            self,
            "Api",
            api_name=self._named("surge"),
            create_default_stage=False,
            default_integration=integrations.HttpLambdaIntegration("Function", function),
        )
        # Open to everybody: figures of 5 km² name nobody. So there is a limit to what callers can cost.
        apigateway.HttpStage(
            self,
            "Stage",
            http_api=api,
            stage_name="v1",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=20, burst_limit=40),
        )
        cdk.CfnOutput(self, "FiguresUrl", value=f"{api.api_endpoint}/v1/figures")
        cdk.CfnOutput(self, "PlotUrl", value=f"{api.api_endpoint}/v1/plot.svg")

    def _function(self, name: str, **environment: str) -> tuple[lambda_.Function, iam.Role]:
        """A function, and its role: at first that may write its own log, and no more."""
        own_name = self._named(f"surge-{name}")
        log_group = logs.LogGroup(
            self,
            f"{name}-log",
            log_group_name=f"/aws/lambda/{own_name}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, f"{name}-role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(_allow(log_group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents"))
        function = lambda_.Function(
            self,
            name,
            function_name=own_name,
            code=lambda_.Code.from_asset(self.node.get_context("artifact")),
            handler=f"surge.{name}.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=256,
            timeout=cdk.Duration.seconds(SECONDS),
            role=role,
            log_group=log_group,
            environment={
                "TABLE_NAME": self._table.table_name,
                "POWERTOOLS_SERVICE_NAME": "surge",
                **environment,
            },
        )
        return function, role

    def _named(self, plain: str) -> str:
        return f"{self._env}-{plain}" if self._env else plain

    def _parameter(self, name: str) -> str:
        """What the platform publishes under a name."""
        prefix = f"/{self._env}" if self._env else ""
        value: Any = ssm.StringParameter.value_for_string_parameter(
            self, f"{prefix}/wild-rydes/platform/{name}"
        )
        return str(value)


def _allow(resource: str, *actions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[*actions], resources=[resource])


if __name__ == "__main__":
    app = cdk.App()
    SurgeStack(app)
    app.synth()
