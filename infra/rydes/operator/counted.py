"""What a service has counted lately: the sums in its functions' log lines."""

from collections import Counter
from collections.abc import Callable

from infra.rydes.cloud.aws import Account
from infra.rydes.operator.log_events import LATE, LogEvent, events
from wild_rydes_runtime.wide_line import COUNTS


class RecentCounts:
    """The counts of the last `seconds`, by name. Each look asks for those since the look before."""

    def __init__(self, account: Account, service: str, seconds: float, *, now: Callable[[], float]) -> None:
        self._account = account
        self._service = service
        self._seconds = seconds
        self._now = now
        self._found: set[LogEvent] = set()
        self._looked = 0.0

    def look(self) -> Counter[str]:
        """Return the sum of each count."""
        now = self._now()
        oldest = now - self._seconds
        since = max(oldest, self._looked - LATE / 1000)
        self._found.update(
            events(self._account, f'"{COUNTS}"', functions=f"{self._service}-", since=int(since * 1000))
        )
        self._found = {event for event in self._found if event.at >= oldest * 1000}
        self._looked = now
        total: Counter[str] = Counter()
        for event in self._found:
            total.update((event.entry or {}).get(COUNTS, {}))
        return total
