"""When a job will be done: from the jobs before it, and from how long jobs have taken so far.

Each measure is an exponentially weighted mean, so that it follows what changes and needs one number:

| measure | means |
|---|---|
| `dispatch` | seconds from a job's making to its start when nobody is before it |
| `service` | seconds that a job of a kind keeps workers busy |

A job waits for those ahead of it, which the workers share. How long such waits were is not measured: by the time that one is over, the jobs are others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

WEIGHT: Final = 0.3
"""Of the newest sample."""

FIRST_SERVICE: Final = 2.0
FIRST_DISPATCH: Final = 1.0
"""Seconds that are assumed before anything was measured."""

LONGEST: Final = 24 * 3600.0
"""Seconds, the most that a sample counts for, and that is estimated."""


@dataclass(frozen=True, slots=True)
class Queued:
    """What is in the queue: messages that wait, messages that are being handled, and how many workers there are."""

    waiting: int
    in_flight: int
    workers: int

    @property
    def ahead(self) -> int:
        """How many jobs have to end before one that comes now begins."""
        return max(0, self.waiting + self.in_flight + 1 - self.workers)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured so far. `revision` counts the writes and belongs to the table."""

    service: Mapping[str, float] = field(default_factory=dict)
    dispatch: float | None = None
    revision: int = field(default=0, compare=False)

    def estimate(self, kind: str, ahead: int, workers: int) -> float:
        """Return the seconds until a job that is made now is done, with so many jobs ahead of its start."""
        dispatch = FIRST_DISPATCH if self.dispatch is None else self.dispatch
        return min(LONGEST, dispatch + ahead * self._overall() / workers + self._service(kind))

    def learn(self, kind: str, ahead: int, waited: float, busy: float) -> "Measures":
        """Take in a job that is done: so many jobs were ahead of its start, it waited so long, and took so long."""
        learnt = replace(self, service={**self.service, kind: _mean(self.service.get(kind), busy)})
        return learnt if ahead else replace(learnt, dispatch=_mean(self.dispatch, waited))

    def _service(self, kind: str) -> float:
        return self.service.get(kind, self._overall())

    def _overall(self) -> float:
        return sum(self.service.values()) / len(self.service) if self.service else FIRST_SERVICE


def _mean(before: float | None, sample: float) -> float:
    sample = min(max(0.0, sample), LONGEST)
    return sample if before is None else before + WEIGHT * (sample - before)
