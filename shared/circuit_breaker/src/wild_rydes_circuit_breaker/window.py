"""The results that one environment had in the last seconds."""

from collections import deque

from wild_rydes_circuit_breaker.record import Tally, Verdict

_BUCKETS = 10


class Window:
    """A sliding window over time, in ten steps: constant memory, whatever the traffic."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._buckets: deque[tuple[float, Tally]] = deque()

    def add(self, verdict: Verdict, now: float) -> None:
        """Count a verdict at `now`."""
        self._forget(now)
        if self._buckets and now < self._buckets[-1][0] + self._size / _BUCKETS:
            start, tally = self._buckets.pop()
        else:
            start, tally = now, Tally()
        self._buckets.append((start, tally.plus(verdict)))

    def tally(self, now: float) -> Tally:
        """Count the verdicts within the window that ends at `now`."""
        self._forget(now)
        tallies = [tally for _, tally in self._buckets]
        return Tally(
            sum(t.calls for t in tallies), sum(t.failed for t in tallies), sum(t.slow for t in tallies)
        )

    def clear(self) -> None:
        """Forget everything."""
        self._buckets.clear()

    def _forget(self, now: float) -> None:
        """Drop what is too old, and what is of a time to come: the clock was put back."""
        while self._buckets and self._buckets[0][0] <= now - self._size:
            self._buckets.popleft()
        while self._buckets and self._buckets[-1][0] > now:
            self._buckets.pop()
