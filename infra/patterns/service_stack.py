"""The stack of one service: its table, functions and schemas, and the platform as found by SSM parameters."""

from functools import cached_property
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra import naming
from infra.patterns.canary import Canaries
from infra.patterns.registered_schemas import RegisteredSchemas
from infra.patterns.replay import Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_table import ServiceTable
from infra.patterns.watched_metrics import WatchedMetrics
from infra.stage import Stage


class ServiceStack(cdk.Stack):
    """Can be deployed alone, after the platform and in any order among the services.

    `service` is the service's name in kebab-case, `artifact` the zip file that its functions run. An RFQ takes so
    many write units of the table, at most.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        stage: Stage,
        artifact: Path,
        description: str,
        writes_of_an_rfq: int = 0,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.names.of(construct_id),
            description=description,
            synthesizer=stage.synthesizer(),
            termination_protection=stage.protected,
            tags=stage.tags(service),
        )
        self.service = service
        self.stage = stage
        self.watched = WatchedMetrics()
        self.writes_of_an_rfq = writes_of_an_rfq
        self.alarms: list[cloudwatch.IAlarm] = []
        """Those that wake somebody, as they are made."""
        self._artifact = artifact
        RegisteredSchemas(self, service, stage)

    @cached_property
    def code(self) -> lambda_.Code:
        """The service's artifact."""
        return lambda_.Code.from_asset(str(self._artifact))

    @cached_property
    def table(self) -> ServiceTable:
        """The service's table."""
        return ServiceTable(
            self,
            self.stage.names.of(self.service),
            self.stage,
            warm_writes=self.stage.scale.warm_writes(self.writes_of_an_rfq),
        )

    @cached_property
    def canaries(self) -> Canaries:
        """How functions get new versions."""
        return Canaries(self)

    @cached_property
    def replay(self) -> Replay:
        """What sends the service's dead letters back."""
        return Replay(self)

    def function(
        self,
        role: str,
        *,
        seconds: int,
        snap_start: bool = False,
        module: str | None = None,
        memory_mib: int = 256,
        **environment: str,
    ) -> ServiceFunction:
        """Make the function `<service>-<role>` and tell it `TABLE_NAME` and the `environment`.

        Its handler is `<service>.functions.<module>.handler` in snake case. `module` is the role unless
        several functions share one.
        """
        module = (module or role).replace("-", "_")
        return ServiceFunction(
            self,
            f"{self.service}-{role}",
            handler=f"{self.service.replace('-', '_')}.functions.{module}.handler",
            seconds=seconds,
            memory_mib=memory_mib,
            snap_start=snap_start,
            environment={"TABLE_NAME": self.table.table_name, **environment},
        )

    @cached_property
    def bus(self) -> events.IEventBus:
        """The platform's bus."""
        return events.EventBus.from_event_bus_name(self, "Bus", self.parameter(naming.BUS_NAME_PARAMETER))

    @cached_property
    def users(self) -> cognito.IUserPool:
        """The platform's user pool."""
        return cognito.UserPool.from_user_pool_arn(
            self, "Users", self.parameter(naming.USER_POOL_ARN_PARAMETER)
        )

    def alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int = 1,
        meaning: str,
        notifies: bool = True,
    ) -> cloudwatch.Alarm | None:
        """Notify the alarm topic when the metric reaches the threshold in this many periods in a row.

        `meaning` tells whoever is on call what happens, what customers notice and what to do. It ends with
        the alarm's name in docs/runbook.md. One that does not notify is a part of a composite alarm. There is none where the stage has no alarms by expressions.
        """
        if isinstance(metric, cloudwatch.MathExpression) and not self.stage.metric_math:
            return None
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=meaning,
        )
        if notifies:
            alarm.add_alarm_action(self.alarm_action)
            self.alarms.append(alarm)
        return alarm

    def count(self, name: str) -> cloudwatch.Metric:
        """How often the service has counted something in five minutes, under the name that its code gives it.

        Only what an alarm goes by becomes a metric; the rest is in the functions' log lines (`counts`).
        """
        self.watched.add(name)
        return cloudwatch.Metric(
            namespace=self.stage.names.metrics_namespace,
            metric_name=name,
            dimensions_map={"service": self.service},
            period=cdk.Duration.minutes(5),
            statistic="sum",
        )

    @cached_property
    def alarm_action(self) -> cloudwatch_actions.SnsAction:
        """What an alarm does: it notifies the platform's topic."""
        topic = sns.Topic.from_topic_arn(self, "Alarms", self.parameter(naming.ALARM_TOPIC_ARN_PARAMETER))
        return cloudwatch_actions.SnsAction(topic)

    def log_group(self, construct_id: str, name: str) -> logs.LogGroup:
        """A log group that is kept for a month and is deleted with its stack."""
        return logs.LogGroup(
            self,
            construct_id,
            log_group_name=name,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def api_url(self, api: Construct, name: str, api_id: str) -> str:
        """The base URL of an API.

        Where the stage knows it before the deployment, the API's id is pinned to its name.
        """
        name = self.stage.names.of(name)
        base = self.stage.api_url(name)
        if base:
            cdk.Tags.of(api).add(
                "ms-custom-id",
                name,
                include_resource_types=["AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi"],
            )
        else:
            base = f"https://{api_id}.execute-api.{self.region}.{self.url_suffix}"
        return f"{base}/{naming.API_STAGE}"

    def publish_parameter(self, construct_id: str, name: str, value: str) -> None:
        """Publish a value as an SSM parameter, where other stacks and clients of the environment find it."""
        ssm.StringParameter(self, construct_id, parameter_name=self.stage.names.of(name), string_value=value)

    def parameter(self, name: str) -> str:
        """The value of the environment's SSM parameter at the time of the deployment."""
        value: str = ssm.StringParameter.value_for_string_parameter(self, self.stage.names.of(name))
        return value
