"""What an environment costs by the month before anybody comes, counted from its templates."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra import roster
from infra.assembly import Assembly, Resource
from tests.bench.cost import prices

_TROUBLE_HOURS: Final = 24 / 730
"""A metric that only trouble writes is billed for the hours of trouble: a day of the month, to be on the safe side."""


@dataclass(frozen=True)
class Item:
    """So many of one kind, for so much each, in dollars a month."""

    what: str
    count: int
    each: float

    @property
    def dollars(self) -> float:
        """All of them, a month."""
        return self.count * self.each


def environment(assembly: Assembly) -> list[Item]:
    """Count what an environment has without partners, dearest first."""
    return _items(resource for resource in _resources(assembly) if _partner_of(resource) is None)


def partner(assembly: Assembly) -> list[Item]:
    """Count what each partner fleet adds, taken from the first; empty if the environment has none."""
    of_partners = [resource for resource in _resources(assembly) if _partner_of(resource)]
    first = min((_partner_of(resource) or "" for resource in of_partners), default=None)
    return _items(resource for resource in of_partners if _partner_of(resource) == first)


def _items(resources: Iterator[Resource]) -> list[Item]:
    counted: Counter[tuple[str, float]] = Counter()
    metrics: dict[str, bool] = {}
    for resource in resources:
        for what, each, count in _billed(resource):
            counted[what, each] += count
        if resource.type == "AWS::CloudWatch::Alarm":
            metrics |= {name: _usual(resource) or metrics.get(name, False) for name in _custom(resource)}
    usual = sum(metrics.values())
    counted["metrics that are written every hour", prices.METRIC] += usual
    counted["metrics that trouble writes", prices.METRIC * _TROUBLE_HOURS] += len(metrics) - usual
    items = [Item(what, count, each) for (what, each), count in counted.items() if count]
    return sorted(items, key=lambda item: -item.dollars)


def _billed(resource: Resource) -> Iterator[tuple[str, float, int]]:
    """What a resource is billed for: what it is, dollars a month each, and how many."""
    properties = resource.properties
    match resource.type:
        case "AWS::CloudWatch::Alarm":
            yield "metrics of alarms", prices.ALARM, len(_metrics(properties))
        case "AWS::CloudWatch::CompositeAlarm":
            yield "alarms that join others", prices.COMPOSITE_ALARM, 1
        case "AWS::CloudWatch::Dashboard":
            yield "dashboards", prices.DASHBOARD, 1
        case "AWS::SecretsManager::Secret":
            yield "secrets", prices.SECRET, 1
        case "AWS::KMS::Key":
            yield "keys", prices.KEY, 1
        case "AWS::WAFv2::WebACL":
            yield "web ACLs, and their rules", prices.WEB_ACL_OR_RULE, 5 + len(properties["Rules"])
        case "AWS::Lambda::EventSourceMapping" if "BisectBatchOnFunctionError" not in properties:
            yield "queues that functions poll", prices.IDLE_QUEUE, 1
        case "AWS::Events::Rule" if "ScheduleExpression" in properties:
            yield "functions that run every minute", prices.EVERY_MINUTE, 1


def _metrics(alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The metrics that an alarm goes by."""
    several = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    return several or [alarm]


def _custom(alarm: Resource) -> Iterator[str]:
    for metric in _metrics(alarm.properties):
        if not str(metric["Namespace"]).startswith("AWS/"):
            yield json.dumps([metric["MetricName"], metric.get("Dimensions", [])], sort_keys=True)


def _usual(alarm: Resource) -> bool:
    """Whether what an alarm goes by is written in every hour: its parts of a rate, or what a day has cost."""
    return "Metrics" in alarm.properties or alarm.properties.get("Period", 0) >= 24 * 3600


def _resources(assembly: Assembly) -> Iterator[Resource]:
    for stack, template in assembly.templates.items():
        for logical_id, body in template["Resources"].items():
            yield Resource(stack, logical_id, body["Type"], body)


def _partner_of(resource: Resource) -> str | None:
    """Which partner a resource is there for. A function that serves all of them is for none."""
    text = resource.logical_id.lower()
    return next((id_ for id_ in roster.partners() if id_.replace("-", "") in text), None)
