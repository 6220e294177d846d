"""What a service has counted lately: the metrics in its functions' logs, as CloudWatch gets them from there."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.naming import METRICS_NAMESPACE
from infra.rydes.cloud.aws import Account
from infra.rydes.operator.log_events import LATE, LogEvent, events

_BY_SERVICE = [["service"]]


class RecentCounts:
    """The metrics of the last `seconds`, by name. Each look asks for those since the look before."""

    def __init__(self, account: Account, service: str, seconds: float, *, now: Callable[[], float]) -> None:
        self._account = account
        self._service = service
        self._seconds = seconds
        self._now = now
        self._found: set[LogEvent] = set()
        self._looked = 0.0

    def look(self) -> Counter[str]:
        """Return the sum of each metric."""
        now = self._now()
        oldest = now - self._seconds
        since = max(oldest, self._looked - LATE / 1000)
        self._found.update(
            events(
                self._account, '"CloudWatchMetrics"', functions=f"{self._service}-", since=int(since * 1000)
            )
        )
        self._found = {event for event in self._found if event.at >= oldest * 1000}
        self._looked = now
        total: Counter[str] = Counter()
        for event in self._found:
            for name, value in counts(event.entry or {}):
                total[name] += value
        return total


def counts(entry: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Read the metrics of a line that have no dimension but the service.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
        if directive["Namespace"] != METRICS_NAMESPACE or directive["Dimensions"] != _BY_SERVICE:
            continue
        for metric in directive["Metrics"]:
            values = entry[metric["Name"]]
            yield metric["Name"], int(sum(values) if isinstance(values, list) else values)
