"""When a job will be done: from the jobs before it, and from how long jobs have taken so far.

Each measure is an exponentially weighted mean, so that it follows what changes and needs one number. There are three:

| measure | means |
|---|---|
| `dispatch` | seconds from a job's making to its start when nobody is before it |
| `pace` | seconds by which each job that has to end before it starts delays that start: with four workers a quarter of a job |
| `service` | seconds that a job of a kind keeps workers busy |

`pace` is measured as a whole, from jobs that have waited: it holds what queues and workers need between two jobs, and how many
workers there really are. As long as nothing was measured, it is the service time divided among the workers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

WEIGHT: Final = 0.2
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
    pace: float | None = None
    revision: int = field(default=0, compare=False)

    def estimate(self, kind: str, ahead: int, workers: int) -> float:
        """Return the seconds until a job that is made now is done, with so many jobs ahead of its start."""
        dispatch = FIRST_DISPATCH if self.dispatch is None else self.dispatch
        return min(LONGEST, dispatch + self._wait(ahead, workers) + self._service(kind))

    def learn(self, kind: str, ahead: int, waited: float, busy: float) -> "Measures":
        """Take in a job that is done: so many jobs were ahead of its start, it waited so long, and took so long."""
        learnt = replace(self, service={**self.service, kind: _mean(self.service.get(kind), busy)})
        if ahead == 0:
            return replace(learnt, dispatch=_mean(self.dispatch, waited))
        dispatch = FIRST_DISPATCH if self.dispatch is None else self.dispatch
        return replace(learnt, pace=_mean(self.pace, max(0.0, waited - dispatch) / (ahead - _HALF)))

    def _wait(self, ahead: int, workers: int) -> float:
        if ahead == 0:
            return 0
        # Those that are being handled are half done, on average.
        return (ahead - _HALF) * (self._overall() / workers if self.pace is None else self.pace)

    def _service(self, kind: str) -> float:
        return self.service.get(kind, self._overall())

    def _overall(self) -> float:
        return sum(self.service.values()) / len(self.service) if self.service else FIRST_SERVICE


_HALF: Final = 0.5


def _mean(before: float | None, sample: float) -> float:
    sample = min(max(0.0, sample), LONGEST)
    return sample if before is None else before + WEIGHT * (sample - before)
