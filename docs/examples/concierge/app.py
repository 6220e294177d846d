"""Concierge: a CDK app with one stack, which knows of Wild Rydes its contracts and the SSM parameters of its platform.

| context | value |
|---|---|
| `artifact` | the zip file of the functions |
| `env` | the environment of Wild Rydes to ask; none on a local cloud, unless one is named |
| `stage` | `local` for a local cloud, which has no TLS |
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

NAME = "concierge"
"""Under this name unicorn-mgmt lets us in: our source is `wildrydes.concierge`, our queue `wild-rydes-reply-concierge`."""
SECONDS = 10
"""The timeout of a function."""


class ConciergeStack(cdk.Stack):
    """`desk` → bus; return address → `answers` → table ← `desk`."""

    def __init__(self, app: cdk.App) -> None:
        self._env = app.node.try_get_context("env")
        super().__init__(
            app, "Concierge", stack_name=self._named("Concierge"), description="Quotes for a hotel's guests"
        )
        self._table = dynamodb.Table(
            self,
            "Table",
            table_name=self._named(NAME),
            partition_key=dynamodb.Attribute(name="rfq_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="responder_id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,  # quotes of a day
        )
        self._desk(return_address=self._answers())

    def _answers(self) -> sqs.Queue:
        tls = self.node.try_get_context("stage") != "local"
        queue_name = self._named(f"wild-rydes-reply-{NAME}")
        parked = sqs.Queue(
            self,
            "Parked",
            queue_name=f"{queue_name}-dlq",
            enforce_ssl=tls,
            retention_period=cdk.Duration.days(14),
        )
        # Decision 80: nothing sends its messages back, for this reason.
        cdk.Tags.of(parked).add(
            "no-replay", "Its RFQ is over after 15 minutes at most and an answer is late then"
        )
        return_address = sqs.Queue(
            self,
            "ReturnAddress",
            queue_name=queue_name,
            enforce_ssl=tls,
            retention_period=cdk.Duration.days(1),
            visibility_timeout=cdk.Duration.seconds(3 * SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=parked, max_receive_count=10),
        )
        function, role = self._function("answers", DEAD_LETTER_QUEUE_URL=parked.queue_url)
        role.add_to_policy(_allow(self._table.table_arn, "dynamodb:PutItem"))
        role.add_to_policy(_allow(parked.queue_arn, "sqs:SendMessage"))
        function.add_event_source(
            event_sources.SqsEventSource(return_address, max_concurrency=2, report_batch_item_failures=True)
        )
        return return_address

    def _desk(self, return_address: sqs.Queue) -> None:
        bus = self._parameter("bus-name")
        function, role = self._function("desk", BUS_NAME=bus, REPLY_QUEUE_ARN=return_address.queue_arn)
        role.add_to_policy(_allow(self._table.table_arn, "dynamodb:Query"))
        # Under our own source, and no other.
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["events:PutEvents"],
                resources=[self._parameter("bus-arn")],
                conditions={"ForAllValues:StringEquals": {"events:source": f"wildrydes.{NAME}"}},
            )
        )
        cdk.CfnOutput(self, "Desk", value=function.function_name)

    def _function(self, name: str, **environment: str) -> tuple[lambda_.Function, iam.Role]:
        """A function, and its role: at first that may write its own log, and no more."""
        own_name = self._named(f"{NAME}-{name}")
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
            handler=f"{NAME}.{name}.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=256,
            timeout=cdk.Duration.seconds(SECONDS),
            role=role,
            log_group=log_group,
            environment={
                "TABLE_NAME": self._table.table_name,
                "POWERTOOLS_SERVICE_NAME": NAME,
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
    ConciergeStack(app)
    app.synth()
