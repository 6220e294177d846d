"""A discrete-event simulation: code that blocks runs as it is, each sleeper in a greenlet of its own."""

import heapq
import itertools
from collections.abc import Callable

from greenlet import getcurrent, greenlet

START = 1_800_000_000.0


class Simulation:
    """Time stands still while code runs and jumps to the next sleeper when all sleep. One seed, one course."""

    def __init__(self) -> None:
        self.now = START
        self._sleepers: list[tuple[float, int, greenlet]] = []
        self._numbers = itertools.count()

    def clock(self) -> float:
        """Seconds since the epoch, in the simulation."""
        return self.now

    def spawn(self, work: Callable[[], None]) -> None:
        """Start `work` now, beside everything else."""
        self._wake(greenlet(work), self.now)

    def sleep(self, seconds: float) -> None:
        """Let the others run for so long."""
        at = self.now + max(0.0, seconds)
        if self._sleepers and self._sleepers[0][0] > at:
            self.now = at  # nobody else wakes before: no need to switch
            return
        self._wake(getcurrent(), at)
        self._hub.switch()

    def run(self) -> None:
        """Run until nobody sleeps any more."""
        self._hub = getcurrent()
        while self._sleepers:
            self.now, _, sleeper = heapq.heappop(self._sleepers)
            sleeper.parent = self._hub
            sleeper.switch()

    def _wake(self, sleeper: greenlet, at: float) -> None:
        heapq.heappush(self._sleepers, (at, next(self._numbers), sleeper))
