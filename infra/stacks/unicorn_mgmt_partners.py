"""What each partner fleet has of its own in unicorn-mgmt's stack: queues, functions, a secret, a row of the dashboard."""

import json
import math
from collections.abc import Callable, Iterable
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

RIDE_ATTEMPTS: Final = 100
"""How often a partner is called about a ride: some four hours for a cancellation. A booking ends with its deadline, long before."""

_FAILED: Final = ("partner", "throttled", "ours", "circuit-open")
_OUTCOMES: Final = {
    "quote": ("quote", "decline", "accepted", *_FAILED),
    "book": ("confirmed", "refused", "accepted", *_FAILED),
}
_AFTER_THE_CALL = 3  # seconds: to read the circuit, to answer, to let a cold start end
_RIDES_OVERDUE = 600  # seconds: a booking lives for one minute, so that what is older is a cancellation
_BOOKINGS_AT_ONCE = 2  # the least there is; a booking is rare beside a quote


class Partners(Construct):
    """A bulkhead for each row of partners.toml, and one API on which partners call back.

    Rides have a queue and a function of their own: a booking waits behind no quotes, and is tried again without holding up any.
    `responder` is told the queues for requests and `outbox` those for rides, and they may send to them. `may_reply` lets a
    function answer to return addresses.
    """

    def __init__(
        self,
        scope: ServiceStack,
        *,
        table: dynamodb.Table,
        responder: ServiceFunction,
        outbox: ServiceFunction,
        may_reply: Callable[[ServiceFunction], None],
    ) -> None:
        super().__init__(scope, "Partners")
        self._scope = scope
        self._table = table
        self._may_reply = may_reply
        rows = roster.partners()
        for id_, row in rows.items():
            self._secret(id_, row)
        callback_url = self._callbacks(rows)
        requests = {id_: self._requests(id_, row, callback_url) for id_, row in rows.items()}
        rides = {id_: self._rides(id_, row, callback_url) for id_, row in rows.items()}
        _may_send(responder, "PARTNER_QUEUES", requests)
        _may_send(outbox, "PARTNER_RIDE_QUEUES", rides)
        for id_, row in rows.items():
            self._alarms(id_, row["name"])
        self._dashboard(rows, requests, rides)

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

    def _requests(self, partner_id: str, row: dict[str, Any], callback_url: str) -> ConsumedQueue:
        """RFQs for the partner."""
        name = f"{self._scope.service}-{partner_id}"
        function = self._function(f"{name}-quotes", "partner_quotes", partner_id, row, callback_url)
        self._may_reply(function)
        # One message an invocation, so that as many calls run at once as the list says, and none waits behind another.
        return ConsumedQueue(
            self._scope, f"{name}-requests", consumer=function, concurrency=row["concurrency"], batch_size=1
        )

    def _rides(self, partner_id: str, row: dict[str, Any], callback_url: str) -> ConsumedQueue:
        """Rides to book and to cancel at the partner."""
        name = f"{self._scope.service}-{partner_id}"
        function = self._function(f"{name}-rides", "partner_rides", partner_id, row, callback_url)
        self._may_keep(function, "dynamodb:GetItem", "dynamodb:PutItem", items=f"ride#{partner_id}#*")
        return ConsumedQueue(
            self._scope,
            f"{name}-rides",
            consumer=function,
            concurrency=_BOOKINGS_AT_ONCE,
            batch_size=1,
            attempts=RIDE_ATTEMPTS,
            overdue=_RIDES_OVERDUE,
        )

    def _function(
        self, name: str, module: str, partner_id: str, row: dict[str, Any], callback_url: str
    ) -> ServiceFunction:
        """A function that calls the partner."""
        function = ServiceFunction(
            self._scope,
            name,
            handler=f"unicorn_mgmt.functions.{module}.handler",
            seconds=math.ceil(row["timeout"]) + _AFTER_THE_CALL,
            environment={
                "TABLE_NAME": self._table.table_name,
                "PARTNER_ID": partner_id,
                "SECRET_ID": _secret_name(partner_id),
                "CALLBACK_URL": callback_url,
            },
        )
        self._may_keep(function, "dynamodb:GetItem", "dynamodb:UpdateItem", items=f"circuit#{partner_id}")
        self._may_read_secret(function, partner_id)
        return function

    def _may_keep(self, function: ServiceFunction, *actions: str, items: str) -> None:
        """Let the function read and write the items whose ids match, and no others.

        The local cloud takes the condition without looking at the key; a test holds the template to it.
        """
        function.may(
            *actions,
            on=self._table.table_arn,
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}},
        )

    def _callbacks(self, partner_ids: Iterable[str]) -> str:
        """The base URL of the callback API."""
        scope = self._scope
        secrets = {id_: _secret_name(id_) for id_ in partner_ids}
        function = ServiceFunction(
            scope,
            f"{scope.service}-partner-callbacks",
            handler="unicorn_mgmt.functions.partner_callbacks.handler",
            seconds=10,
            environment={"TABLE_NAME": self._table.table_name, "SECRET_IDS": json.dumps(secrets)},
        )
        for id_ in secrets:
            self._may_read_secret(function, id_)
        self._may_keep(function, "dynamodb:GetItem", "dynamodb:PutItem", items="ride#*")
        self._may_reply(function)
        api = JwtApi(scope, "partner-api", function=function, rate=100, burst=200, signed=True)
        scope.publish_parameter("partner-api-url", naming.PARTNER_API_URL_PARAMETER, api.public_url)
        return api.public_url

    def _alarms(self, partner_id: str, name: str) -> None:
        self._scope.alarm(
            f"{partner_id}-failing",
            self._calls(partner_id, "quote", "partner", "n"),
            threshold=20,
            periods=3,
            meaning=f"{name} fails; its circuit sees to it, its people may not know",
        )
        self._scope.alarm(
            f"{partner_id}-refused",
            self._calls(partner_id, "quote", "ours", "n"),
            threshold=5,
            meaning=f"{name} refuses what we send: wrong credentials, or its API has changed",
        )
        self._scope.alarm(
            f"{partner_id}-bookings-failing",
            self._calls(partner_id, "book", "partner", "n"),
            threshold=5,
            periods=3,
            meaning=f"{name} answers bookings neither yes nor no: customers wait a minute and get nothing",
        )

    def _calls(
        self, partner_id: str, operation: str, outcome: str, statistic: str, label: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name="PartnerCall",
            dimensions_map={
                "partner": partner_id,
                "operation": operation,
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

    def _dashboard(
        self,
        rows: dict[str, dict[str, Any]],
        requests: dict[str, ConsumedQueue],
        rides: dict[str, ConsumedQueue],
    ) -> None:
        board = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name="wild-rydes-partners", default_interval=cdk.Duration.hours(3)
        )
        for id_, row in rows.items():
            board.add_widgets(
                self._outcomes(f"{row['name']}: quotes", id_, "quote"),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: milliseconds",
                    left=[
                        self._calls(id_, "quote", outcome, statistic, f"{outcome} {statistic}")
                        for outcome in ("quote", "accepted")  # a partner that calls back accepts first
                        for statistic in ("p50", "p90", "p99")
                    ],
                ),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: circuit",
                    left=[self._turns(id_, state) for state in ("Open", "HalfOpen", "Closed")],
                ),
                cloudwatch.GraphWidget(
                    title=f"{row['name']}: waiting",
                    left=[
                        queues[id_].queue.metric_approximate_age_of_oldest_message()
                        for queues in (requests, rides)
                    ],
                ),
            )
            board.add_widgets(self._outcomes(f"{row['name']}: bookings", id_, "book"))

    def _outcomes(self, title: str, partner_id: str, operation: str) -> cloudwatch.GraphWidget:
        lines = [
            self._calls(partner_id, operation, outcome, "n", outcome) for outcome in _OUTCOMES[operation]
        ]
        return cloudwatch.GraphWidget(title=title, left=lines, stacked=True)


def _may_send(function: ServiceFunction, variable: str, queues: dict[str, ConsumedQueue]) -> None:
    """Tell the function the queues' URLs by partner, and let it send there."""
    for queue in queues.values():
        function.may("sqs:SendMessage", on=queue.queue.queue_arn)
    function.add_environment(
        variable, json.dumps({id_: queue.queue.queue_url for id_, queue in queues.items()})
    )


def _secret_name(partner_id: str) -> str:
    return f"{naming.PARTNER_SECRET_PREFIX}{partner_id}"
