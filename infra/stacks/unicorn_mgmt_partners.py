"""The part of unicorn-mgmt's stack that each partner fleet has for itself: functions, queues and the rest."""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import naming, roster
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.http_api import HttpApi
from infra.patterns.replay import NoReplay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.questions import CALL

# tests/contract/test_stream_filters.py holds these copies to the services' own prefixes.
CIRCUIT: Final = "circuit#"
RIDE: Final = "ride#"
CALLBACK: Final = "callback#"

QUERIES: Final = {
    "calls": (
        'filter @message like "partner called"',
        f"parse @message /{CALL}/",
        "stats count(*), pct(took_ms, 50), pct(took_ms, 90), pct(took_ms, 99) by partner, operation, outcome, bin(5m)",
    ),
    "circuits": (
        'filter message = "circuit turned"',
        "fields @timestamp, circuit, before, after, reason, by",
        "sort @timestamp",
    ),
}
_AFTER_THE_CALL = 3  # seconds: to read the circuit, to answer, to let a cold start end
_RIDES_OVERDUE = 600  # seconds: a booking lives for one minute, so anything older is a cancellation
_BOOKINGS_AT_ONCE = 2  # the least that SQS allows; bookings are rare compared with quotes


class Partners(Construct):
    """A bulkhead for each row of partners.toml, and one API where partners call back. Nothing without partners.

    A partner has two functions, each behind its own queue: `<partner>-quotes` asks for quotes, and
    `<partner>-rides` books and cancels rides. So no booking waits behind quotes, and retries of bookings hold
    up no quotes. The function `partner-callbacks` serves the API. `responder` may send to the queues for
    quotes, `outbox` to those for rides. `requesters` get the answers.
    """

    def __init__(
        self,
        scope: ServiceStack,
        *,
        responder: ServiceFunction,
        outbox: ServiceFunction,
        requesters: Sequence[str],
    ) -> None:
        super().__init__(scope, "Partners")
        self._scope = scope
        self._requesters = requesters
        rows = roster.partners(simulated=scope.stage.simulated_partners)
        for id_, row in rows.items():
            self._secret(id_, row)
        callback_url = self._callbacks(rows) if rows else ""
        quotes = {id_: self._quotes(id_, row, callback_url) for id_, row in rows.items()}
        rides = {id_: self._rides(id_, row, callback_url, quotes[id_]) for id_, row in rows.items()}
        _may_send(responder, "PARTNER_QUEUES", quotes)
        _may_send(outbox, "PARTNER_RIDE_QUEUES", rides)
        for id_, row in rows.items():
            self._alarms(id_, row["name"])
        if rows:
            self._queries(rows)

    def _secret(self, partner_id: str, row: dict[str, Any]) -> None:
        secret = secretsmanager.Secret(
            self,
            f"{partner_id}-secret",
            secret_name=self._secret_name(partner_id),
            description=f"base_url and credentials of {row['name']}, filled in by hand",
            removal_policy=self._scope.stage.data_removal,
        )
        accept(
            secret, {"AwsSolutions-SMG4": "The partner issues its credentials and decides when they change"}
        )

    def _secret_name(self, partner_id: str) -> str:
        return self._scope.stage.names.of(f"{naming.PARTNER_SECRET_PREFIX}{partner_id}")

    def _may_read_secret(self, function: ServiceFunction, partner_id: str) -> None:
        # By name: on the local cloud a reference is no ARN. AWS adds six characters to the name.
        arn = self._scope.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{self._secret_name(partner_id)}-??????",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        function.may("secretsmanager:GetSecretValue", on=arn)

    def _quotes(self, partner_id: str, row: dict[str, Any], callback_url: str) -> ConsumedQueue:
        """RFQs that the partner is asked to quote."""
        function = self._function("quotes", partner_id, row, callback_url)
        function.may_reply(self._requesters)
        self._may_access(function, "dynamodb:GetItem", items=f"{CALLBACK}{partner_id}#*")
        # One message an invocation: calls run at once, as many as the partner has agreed to, and never in a row.
        requests = ConsumedQueue(
            self._scope,
            f"{self._scope.service}-{partner_id}-requests",
            consumer=function,
            replay=NoReplay(
                "a request for quotes has a deadline of 15 minutes at most, and is declined after it."
            ),
            at_once=self._scope.stage.scale.agreed(row["concurrency"]),
            batch_size=1,
        )
        _may_look_later(function, requests)
        return requests

    def _rides(
        self, partner_id: str, row: dict[str, Any], callback_url: str, quotes: ConsumedQueue
    ) -> ConsumedQueue:
        """Rides to book with the partner, and to cancel."""
        function = self._function("rides", partner_id, row, callback_url)
        _may_look_later(function, quotes)
        self._may_access(function, "dynamodb:GetItem", "dynamodb:PutItem", items=f"{RIDE}{partner_id}#*")
        return ConsumedQueue(
            self._scope,
            f"{self._scope.service}-{partner_id}-rides",
            consumer=function,
            replay=self._scope.replay,
            at_once=_BOOKINGS_AT_ONCE,
            batch_size=1,
            overdue=_RIDES_OVERDUE,
        )

    def _function(
        self, task: str, partner_id: str, row: dict[str, Any], callback_url: str
    ) -> ServiceFunction:
        """A function that calls the partner for quotes or for rides."""
        function = self._scope.function(
            f"{partner_id}-{task}",
            module=f"partner-{task}",
            seconds=math.ceil(row["timeout"]) + _AFTER_THE_CALL,
            PARTNER_ID=partner_id,
            SECRET_ID=self._secret_name(partner_id),
            CALLBACK_URL=callback_url,
        )
        self._may_access(function, "dynamodb:GetItem", "dynamodb:UpdateItem", items=f"{CIRCUIT}{partner_id}")
        self._may_read_secret(function, partner_id)
        return function

    def _may_access(self, function: ServiceFunction, *actions: str, items: str) -> None:
        """Let the function read and write the items whose ids match, and no others.

        The local cloud ignores the condition, so tests/infra/test_functions.py checks it in the template.
        """
        function.may(
            *actions,
            on=self._scope.table.table_arn,
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}},
        )

    def _callbacks(self, partner_ids: Iterable[str]) -> str:
        """The API where partners call back; its base URL."""
        scope = self._scope
        secrets = {id_: self._secret_name(id_) for id_ in partner_ids}
        function = scope.function("partner-callbacks", seconds=10, SECRET_IDS=json.dumps(secrets))
        for id_ in secrets:
            self._may_read_secret(function, id_)
        self._may_access(function, "dynamodb:GetItem", "dynamodb:PutItem", items=f"{RIDE}*")
        self._may_access(function, "dynamodb:PutItem", items=f"{CALLBACK}*")
        function.may_reply(self._requesters)
        api = HttpApi(
            scope,
            "partner-api",
            function=function,
            auth="partners",
            rate=scope.stage.scale.requests(1, least=100),
        )
        scope.publish_parameter("partner-api-url", naming.PARTNER_API_URL_PARAMETER, api.public_url)
        return api.public_url

    def _alarms(self, partner_id: str, name: str) -> None:
        self._scope.alarm(
            f"{partner_id}-failing",
            self._calls(partner_id, "quote", "partner"),
            threshold=20,
            periods=3,
            meaning=f"{name} fails to answer our calls, so customers get no quotes from it."
            f" Nobody waits: its circuit opens by itself. Tell the on-call of {name}. Runbook: -failing.",
        )
        self._scope.alarm(
            f"{partner_id}-refused",
            self._calls(partner_id, "quote", "ours"),
            threshold=5,
            meaning=f"{name} rejects our calls, so customers get no quotes from it. Its circuit stays closed."
            " Our credentials are wrong, or its API has changed: the log says which. Runbook: -refused.",
        )
        self._scope.alarm(
            f"{partner_id}-callbacks-refused",
            self._calls(partner_id, "callback", "refused"),
            threshold=5,
            periods=3,
            meaning=f"We refuse callbacks of {name}: forged, late or unreadable. If they are its own, its answers are"
            " lost and RFQs wait for their deadline. Runbook: -callbacks-refused.",
        )
        self._scope.alarm(
            f"{partner_id}-callbacks-missing",
            self._calls(partner_id, "callback", "missing"),
            threshold=5,
            periods=3,
            meaning=f"{name} takes note of our requests and does not call back, so customers wait for it in vain."
            " Its circuit opens by itself. Runbook: -callbacks-missing.",
        )
        self._scope.alarm(
            f"{partner_id}-busy",
            self._calls(partner_id, "quote", "busy"),
            threshold=20,
            periods=3,
            meaning=f"{name} is asked for more quotes than its calls at once can answer. What has waited too long is"
            " declined, so customers get fewer quotes from it. Runbook: -busy.",
        )
        self._scope.alarm(
            f"{partner_id}-bookings-failing",
            self._calls(partner_id, "book", "partner"),
            threshold=5,
            periods=3,
            meaning=f"{name} does not answer bookings: customers wait a minute for nothing."
            " If it goes on quoting, force its circuit open. Runbook: -bookings-failing.",
        )
        self._scope.alarm(
            f"{partner_id}-circuit-unavailable",
            self._circuit(partner_id, "StoreUnavailable"),
            threshold=1,
            periods=3,
            meaning=f"Functions that call {name} have not reached its circuit in the table for minutes. Each goes by"
            " what it sees alone, and hears of no mode that you set. Runbook: -circuit-unavailable.",
        )
        self._scope.alarm(
            f"{partner_id}-circuit-repaired",
            self._circuit(partner_id, "Repaired"),
            threshold=1,
            meaning=f"The item of {name}'s circuit was no circuit; a call has replaced it by a closed one. A mode that"
            " was set is gone. Find out who wrote it. Runbook: -circuit-repaired.",
        )
        self._scope.alarm(
            f"{partner_id}-bookings-refused",
            self._calls(partner_id, "book", "ours"),
            threshold=5,
            meaning=f"{name} rejects our bookings, so customers are told that their quote cannot be had. Our credentials"
            " are wrong, or its API has changed: the log says which. Runbook: -bookings-refused.",
        )

    def _calls(self, partner_id: str, operation: str, outcome: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._scope.stage.names.metrics_namespace,
            metric_name="PartnerCall",
            dimensions_map={
                "partner": partner_id,
                "operation": operation,
                "outcome": outcome,
                "service": self._scope.service,
            },
            statistic="n",
            period=cdk.Duration.minutes(1),
        )

    def _circuit(self, partner_id: str, what: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._scope.stage.names.metrics_namespace,
            metric_name=f"Circuit{what}",
            dimensions_map={"circuit": partner_id, "service": self._scope.service},
            statistic="sum",
            period=cdk.Duration.minutes(1),
        )

    def _queries(self, partner_ids: Iterable[str]) -> None:
        """Save queries over the records of calls. Graphs of metrics would cost by the month, looked at or not."""
        names = self._scope.stage.names
        roles = [f"{id_}-{task}" for id_ in partner_ids for task in ("quotes", "rides")]
        functions = [f"{self._scope.service}-{role}" for role in (*roles, "partner-callbacks")]
        for title, query in QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                title.title(),
                name=names.of(f"wild-rydes/partners/{title}"),
                log_group_names=[f"/aws/lambda/{names.of(function)}" for function in functions],
                query_string="\n| ".join(query),
            )


def _may_send(function: ServiceFunction, variable: str, queues: dict[str, ConsumedQueue]) -> None:
    """Tell the function the URL of each partner's queue, and let it send there."""
    for queue in queues.values():
        function.may("sqs:SendMessage", on=queue.queue.queue_arn)
    function.add_environment(
        variable, json.dumps({id_: queue.queue.queue_url for id_, queue in queues.items()})
    )


def _may_look_later(function: ServiceFunction, queue: ConsumedQueue) -> None:
    """Let the function have somebody look, at a later time, whether the partner has called back."""
    function.may("sqs:SendMessage", on=queue.queue.queue_arn)
    function.add_environment("CHECKS_URL", queue.queue.queue_url)
