"""The dashboard of one service, made from what its stack has. What is added to the stack appears by itself."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar, cast

import aws_cdk as cdk
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.stream_consumer import StreamConsumer
from infra.patterns.widgets import HALF, QUARTER, WHOLE, answer, graph, heading
from infra.questions import COMPLAINTS, QUESTIONS, functions

GIVEN_UP: Final = ("-dlq", "-parking")
_MINUTE: Final = cdk.Duration.minutes(1)
_ALARMS_AT_MOST: Final = 100
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""

_Kind = TypeVar("_Kind")


class ServiceDashboard(Construct):
    """Reads from above: is it ill, what do customers notice, and what is the cause.

    Make it when the stack has everything.
    """

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(scope, "Dashboard")
        self._stack = scope
        self._parts = scope.node.find_all()
        cloudwatch.Dashboard(
            self,
            "Board",
            dashboard_name=scope.stage.names.of(f"wild-rydes-{scope.service}"),
            default_interval=cdk.Duration.hours(3),
            widgets=[row for row in self._rows() if row],
        )

    def _rows(self) -> Iterable[Sequence[cloudwatch.IWidget]]:
        yield [heading(f"# {self._stack.service}: is it ill?")]
        yield self._alarms()
        yield [heading("## What customers notice")]
        yield self._questions()
        yield from self._apis()
        yield [heading("## Where work waits, or is given up")]
        yield self._queues()
        yield self._streams()
        yield [heading("## Causes")]
        yield from self._functions()
        yield self._table()
        yield [self._complaints()]

    def _all(self, kind: type[_Kind]) -> list[_Kind]:
        return [part for part in self._parts if isinstance(part, kind)]

    def _alarms(self) -> list[cloudwatch.IWidget]:
        alarms = self._stack.alarms
        return [
            cloudwatch.AlarmStatusWidget(
                title="Alarms that ring; none: it is well",
                alarms=alarms[start : start + _ALARMS_AT_MOST],
                states=[cloudwatch.AlarmState.ALARM],
                sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
                width=WHOLE,
                height=3,
            )
            for start in range(0, len(alarms), _ALARMS_AT_MOST)
        ]

    def _questions(self) -> list[cloudwatch.IWidget]:
        """Show the answers to the service's questions. Without partners there are none about them."""
        stack = self._stack
        asked = [
            (question, functions(stack.service, question, simulated=stack.stage.simulated_partners))
            for question in QUESTIONS.get(stack.service, ())
        ]
        return [
            answer(question, [f"/aws/lambda/{stack.stage.names.of(name)}" for name in names])
            for question, names in asked
            if names
        ]

    def _complaints(self) -> cloudwatch.IWidget:
        return answer(COMPLAINTS, [f"/aws/lambda/{each.own_name}" for each in self._all(ServiceFunction)])

    def _apis(self) -> Iterable[Sequence[cloudwatch.IWidget]]:
        for api in (*self._all(apigateway.HttpApi), *self._all(rest.RestApi)):
            name = self._stack.stage.names.plain(_name(api))
            requests = api.metric_count(statistic="sum", label="requests", period=_MINUTE)
            refused = api.metric_client_error(statistic="sum", label="4xx", period=_MINUTE)
            failed = api.metric_server_error(statistic="sum", label="5xx", period=_MINUTE)
            latencies = [
                api.metric_latency(statistic=statistic, label=statistic, period=_MINUTE)
                for statistic in ("p50", "p99")
            ]
            yield [
                graph(f"{name}: requests that fail (5xx)", [failed], QUARTER),
                graph(f"{name}: requests, and those refused (4xx)", [requests, refused], QUARTER),
                graph(f"{name}: milliseconds to the answer", latencies, HALF),
            ]
        for socket in self._all(apigateway.WebSocketApi):
            name = self._stack.stage.names.plain(_name(socket))
            failed, connects, messages = (
                socket.metric(metric, statistic="sum", label=label, period=_MINUTE)
                for metric, label in (
                    ("IntegrationError", "failed"),
                    ("ConnectCount", "connects"),
                    ("MessageCount", "messages"),
                )
            )
            yield [
                graph(f"{name}: what fails", [failed], HALF),
                graph(f"{name}: connects and messages", [connects, messages], HALF),
            ]

    def _queues(self) -> list[cloudwatch.IWidget]:
        queues = {self._stack.stage.names.plain(_name(queue)): queue for queue in self._all(sqs.Queue)}
        given_up = [name for name in queues if name.endswith(GIVEN_UP)]
        depth = {
            name: queue.metric_approximate_number_of_messages_visible(
                statistic="max", label=name, period=_MINUTE
            )
            for name, queue in queues.items()
        }
        working = [name for name in queues if name not in given_up]
        ages = [
            queues[name].metric_approximate_age_of_oldest_message(statistic="max", label=name, period=_MINUTE)
            for name in working
        ]
        return [
            graph("Messages given up (parked, dead letters)", [depth[name] for name in given_up]),
            graph("Seconds that the oldest message of a queue has waited", ages),
            graph("Messages that wait in a queue", [depth[name] for name in working]),
        ]

    def _streams(self) -> list[cloudwatch.IWidget]:
        consumers = [each.consumer for each in self._all(StreamConsumer)]
        lags = [
            self._of(each, "IteratorAge", "max", self._stack.stage.names.plain(each.own_name))
            for each in consumers
        ]
        return (
            [graph("Outbox and others: milliseconds behind the table's stream", lags, WHOLE)] if lags else []
        )

    def _functions(self) -> Iterable[Sequence[cloudwatch.IWidget]]:
        def of_each(metric: str, statistic: str) -> list[cloudwatch.IMetric]:
            return [
                self._of(each, metric, statistic, each.own_name.removeprefix(self._prefix))
                for each in self._all(ServiceFunction)
            ]

        yield [
            graph("Crashes, time-outs, out of memory", of_each("Errors", "sum")),
            graph("Throttled: no concurrency was left", of_each("Throttles", "sum")),
            graph("Invocations", of_each("Invocations", "sum")),
        ]
        yield [
            graph("Milliseconds that an invocation takes, median", of_each("Duration", "p50")),
            graph("Milliseconds that an invocation takes, p99", of_each("Duration", "p99")),
            graph("Functions that run at once", of_each("ConcurrentExecutions", "max")),
        ]

    def _table(self) -> list[cloudwatch.IWidget]:
        throttles = [
            self._stack.table.metric(name, statistic="sum", label=label, period=_MINUTE)
            for name, label in (("ReadThrottleEvents", "reads"), ("WriteThrottleEvents", "writes"))
        ]
        used = [
            self._stack.table.metric(name, statistic="sum", label=label, period=_MINUTE)
            for name, label in (
                ("ConsumedReadCapacityUnits", "read"),
                ("ConsumedWriteCapacityUnits", "written"),
            )
        ]
        return [
            graph("The table throttles", throttles, HALF),
            graph("Units of the table, a minute", used, HALF),
        ]

    @property
    def _prefix(self) -> str:
        return self._stack.stage.names.of(f"{self._stack.service}-")

    def _of(self, function: ServiceFunction, metric: str, statistic: str, label: str) -> cloudwatch.IMetric:
        return function.metric(metric, statistic=statistic, label=label, period=_MINUTE)


def _name(construct: Construct) -> str:
    """Return the name that the template gives a queue or an API."""
    resource = construct.node.default_child
    match resource:
        case sqs.CfnQueue():
            return str(resource.queue_name)
        case apigateway.CfnApi() | rest.CfnRestApi():
            return str(resource.name)
    raise TypeError(f"{cast('Construct', resource).node.path} is neither a queue nor an API")
