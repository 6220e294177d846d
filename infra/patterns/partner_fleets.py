"""What each partner fleet has of its own in unicorn-mgmt's stack: a queue, a function, a secret, a row of the dashboard."""

import json
import math
from collections.abc import Callable
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import naming, roster
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.jwt_api import JwtApi
from infra.patterns.service_function import METRICS_NAMESPACE, ServiceFunction
from infra.patterns.service_stack import ServiceStack

CALLED_BACK: Final = ("p-nimbus",)
"""Who answers later, to our callback API."""

_OUTCOMES: Final = ("quote", "decline", "accepted", "partner", "throttled", "ours", "circuit-open")
_AFTER_THE_CALL = 3  # seconds: to read the circuit, to answer, to let a cold start end


class Partners(Construct):
    """A bulkhead for each row of partners.toml, and one API on which partners call back.

    `responder` is told the queues, and may send to them. `may_reply` lets a function answer to return addresses.
    """

    def __init__(
        self,
        scope: ServiceStack,
        *,
        table: dynamodb.Table,
        responder: ServiceFunction,
        may_reply: Callable[[ServiceFunction], None],
    ) -> None:
        super().__init__(scope, "Partners")
        self._scope = scope
        self._table = table
        self._may_reply = may_reply
        rows = roster.partners()
        for id_, row in rows.items():
            self._secret(id_, row)
        callback_url = self._callbacks()
        queues = {id_: self._bulkhead(id_, row, callback_url) for id_, row in rows.items()}
        for queue in queues.values():
            responder.may("sqs:SendMessage", on=queue.queue.queue_arn)
        responder.add_environment(
            "PARTNER_QUEUES", json.dumps({id_: queue.queue.queue_url for id_, queue in queues.items()})
        )
        self._dashboard(rows, queues)

    def _secret(self, partner_id: str, row: dict[str, Any]) -> None:
        secret = secretsmanager.Secret(
            self,
            f"{partner_id}-secret",
            secret_name=_secret_name(partner_id),
            description=f"{row['name']}: base_url and credentials, to be filled in by hand",
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(secret, {"AwsSolutions-SMG4": "The partner issues its credentials, and says when they change"})

    def _may_read_secret(self, function: ServiceFunction, partner_id: str) -> None:
        # By name, not by reference: to the local cloud a reference is the name. AWS adds six characters to it.
        arn = self._scope.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{_secret_name(partner_id)}-??????",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        function.may("secretsmanager:GetSecretValue", on=arn)

    def _bulkhead(self, partner_id: str, row: dict[str, Any], callback_url: str) -> ConsumedQueue:
        scope, name = self._scope, f"{self._scope.service}-{partner_id}"
        function = ServiceFunction(
            scope,
            name,
            handler="unicorn_mgmt.partner.handler",
            seconds=math.ceil(row["timeout"]) + _AFTER_THE_CALL,
            environment={
                "TABLE_NAME": self._table.table_name,
                "PARTNER_ID": partner_id,
                "SECRET_ID": _secret_name(partner_id),
                "CALLBACK_URL": callback_url,
            },
        )
        function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=self._table.table_arn)  # its circuit
        self._may_read_secret(function, partner_id)
        self._may_reply(function)
        self._alarms(partner_id, row["name"])
        # One message an invocation, so that as many calls run at once as the list says, and none waits behind another.
        return ConsumedQueue(
            scope, f"{name}-requests", consumer=function, concurrency=row["concurrency"], batch_size=1
        )

    def _callbacks(self) -> str:
        """The base URL of the callback API."""
        scope = self._scope
        function = ServiceFunction(
            scope,
            f"{scope.service}-callback",
            handler="unicorn_mgmt.callback.handler",
            seconds=10,
            environment={
                "TABLE_NAME": self._table.table_name,
                "SECRET_IDS": json.dumps({id_: _secret_name(id_) for id_ in CALLED_BACK}),
            },
        )
        for id_ in CALLED_BACK:
            self._may_read_secret(function, id_)
        self._may_reply(function)
        api = JwtApi(scope, "partner-api", function=function, rate=100, burst=200, signed=True)
        scope.publish_parameter("partner-api-url", naming.PARTNER_API_URL_PARAMETER, api.public_url)
        return api.public_url

    def _alarms(self, partner_id: str, name: str) -> None:
        self._scope.alarm(
            f"{partner_id}-failing",
            self._calls(partner_id, "partner", "n"),
            threshold=20,
            periods=3,
            meaning=f"{name} fails; its circuit sees to it, its people may not know",
        )
        self._scope.alarm(
            f"{partner_id}-refused",
            self._calls(partner_id, "ours", "n"),
            threshold=5,
            meaning=f"{name} refuses what we send: wrong credentials, or its API has changed",
        )

    def _calls(
        self, partner_id: str, outcome: str, statistic: str, label: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name="PartnerCall",
            dimensions_map={
                "partner": partner_id,
                "operation": "quote",
                "outcome": outcome,
                "service": self._scope.service,
            },
            statistic=statistic,
            label=label,
            period=cdk.Duration.minutes(1),
        )

    def _turns(self, partner_id: str, state: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=f"CircuitTurned{state}",
            dimensions_map={"circuit": partner_id, "service": self._scope.service},
            statistic="sum",
            label=state,
            period=cdk.Duration.minutes(1),
        )

    def _dashboard(self, rows: dict[str, dict[str, Any]], queues: dict[str, ConsumedQueue]) -> None:
        board = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name="wild-rydes-partners", default_interval=cdk.Duration.hours(3)
        )
        for id_, row in rows.items():
            took = "accepted" if id_ in CALLED_BACK else "quote"
            board.add_widgets(
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: outcomes",
                    left=[self._calls(id_, outcome, "n", outcome) for outcome in _OUTCOMES],
                    stacked=True,
                ),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: milliseconds",
                    left=[
                        self._calls(id_, took, statistic, statistic) for statistic in ("p50", "p90", "p99")
                    ],
                ),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: circuit",
                    left=[self._turns(id_, state) for state in ("Open", "HalfOpen", "Closed")],
                ),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: waiting",
                    left=[queues[id_].queue.metric_approximate_age_of_oldest_message()],
                ),
            )


def _secret_name(partner_id: str) -> str:
    return f"{naming.PARTNER_SECRET_PREFIX}{partner_id}"
