"""Alarms that AWS would refuse, or that never sound because nobody writes what they watch."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from infra.artifacts import ROOT
from infra.assembly import Assembly, Resource
from infra.naming import PLAIN
from infra.proof.finding import Finding

_LIMITS: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
_DAY: Final = 86_400
_HOUR: Final = 3_600

_STATISTICS: Final = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}
_EXTENDED: Final = re.compile(r"IQM|(p|tm|tc|ts|wm)\d+(\.\d+)?|(TM|TC|TS|WM|PR)\([\d.%]*:[\d.%]*\)")
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html"""

METRICS: Final[Mapping[str, frozenset[str]]] = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html, …/
    # apigateway-websocket-api-logging.html and, for REST APIs, …/api-gateway-metrics-and-dimensions.html
    "AWS/ApiGateway": frozenset(
        {"4XXError", "5XXError", "CacheHitCount", "CacheMissCount"}
        | {"4xx", "5xx", "Count", "DataProcessed", "IntegrationLatency", "Latency"}
        | {"ClientError", "ConnectCount", "ExecutionError", "IntegrationError", "MessageCount"}
    ),
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": frozenset(
        {"AsyncEventAge", "AsyncEventsDropped", "ConcurrentExecutions", "DeadLetterErrors"}
        | {"DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "IteratorAge"}
        | {"OffsetLag", "Throttles", "UnreservedConcurrentExecutions"}
    ),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": frozenset(
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesDelayed"}
        | {"ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesVisible"}
        | {"NumberOfEmptyReceives", "NumberOfMessagesDeleted", "NumberOfMessagesReceived"}
        | {"NumberOfMessagesSent", "SentMessageSize"}
    ),
}
"""Namespace -> the metrics that AWS writes there. Namespaces that are not here are not looked at."""


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check what alarms watch, over which time, and by which statistic."""
    for alarm in assembly.all("AWS::CloudWatch::Alarm"):
        for watched in _watched(alarm):
            yield from _time(alarm, watched)
            yield from _statistic(alarm, watched)
            yield from _metric(alarm, watched)


def _watched(alarm: Resource) -> Iterator[dict[str, Any]]:
    """What an alarm watches: itself, or the metrics of its expression."""
    if "MetricName" in alarm.properties:
        yield dict(alarm.properties)
    for each in alarm.properties.get("Metrics", ()):
        if stat := each.get("MetricStat"):
            yield {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]}


def _time(alarm: Resource, watched: Mapping[str, Any]) -> Iterator[Finding]:
    period = int(watched["Period"])
    most = _DAY if period < _HOUR else 7 * _DAY
    if (seconds := period * int(alarm.properties["EvaluationPeriods"])) > most:
        yield Finding(
            "an alarm over too long a time",
            alarm.where,
            f"its periods last {seconds:,} s together, and with periods of {period} s AWS allows {most:,}",
            f"Take fewer periods, or longer ones. See {_LIMITS}",
        )


def _statistic(alarm: Resource, watched: Mapping[str, Any]) -> Iterator[Finding]:
    name = str(watched.get("Statistic") or watched.get("ExtendedStatistic"))
    if name not in _STATISTICS and not _EXTENDED.fullmatch(name):
        yield Finding(
            "a statistic that CloudWatch does not know",
            alarm.where,
            f"it is {name!r}",
            f"Take one of {', '.join(sorted(_STATISTICS))}, or a percentile such as p99.",
        )


def _metric(alarm: Resource, watched: Mapping[str, Any]) -> Iterator[Finding]:
    namespace, name = str(watched.get("Namespace")), str(watched["MetricName"])
    if namespace in METRICS and name not in METRICS[namespace]:
        yield Finding(
            "an alarm that never sounds",
            alarm.where,
            f"{namespace} has no metric {name}",
            f"Take one of {', '.join(sorted(METRICS[namespace]))}.",
        )
    elif namespace.partition("/")[0] == PLAIN.metrics_namespace and not _written(name):
        yield Finding(
            "an alarm that never sounds",
            alarm.where,
            f"no code of services or shared packages writes the metric {name}",
            "Count it, or watch what is counted.",
        )


def _written(metric: str) -> bool:
    """Tell whether the code has the name of a metric, or a text with a hole that begins as it does."""
    names, beginnings = _texts()
    return metric in names or metric.startswith(tuple(beginnings))


@cache
def _texts() -> tuple[frozenset[str], frozenset[str]]:
    paths = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/*/src/**/*.py")]
    code = "\n".join(path.read_text() for path in paths)
    return frozenset(re.findall(r'"([A-Z]\w+)"', code)), frozenset(re.findall(r'f"([A-Z]\w{3,})\{', code))
