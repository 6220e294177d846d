"""From what was seen to figures: how a step went, and where the knee is."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.load.gauges import Gauge

SLOWER = 3.0
"""A step does not hold if the slowest twentieth waits so many times as long for all quotes as in the first step."""
COMPLETED = 0.9
"""Nor if fewer of the RFQs that come are completed meanwhile."""


@dataclass(frozen=True)
class Seen:
    """A line of the journal: something about an arrival that was due at this instant, seen at that one."""

    type: str
    name: str
    who: str | None
    due: float | None
    seen: float
    seconds: float
    error: str | None


@dataclass(frozen=True)
class Phase:
    """A part of the run, in seconds since 1970, with as many RFQs a second as it was to bring."""

    name: str
    rate: float
    began: float
    ended: float

    def __contains__(self, at: float | None) -> bool:
        return at is not None and self.began <= at < self.ended


@dataclass(frozen=True)
class Step:
    """How a phase went."""

    phase: Phase
    offered: float
    """RFQs a second that came."""
    completed: float
    """RFQs a second for which all had answered meanwhile, whenever they came."""
    all_quotes: tuple[float, float, float]
    """Seconds from when an RFQ was due until all had answered: p50, p95, p99. One that still waits has waited so far."""
    lag: float
    """Seconds by which the generator was late, p99."""
    at_once: float
    """Calls that wait for an answer or for a connection, on average."""
    errors: dict[str, int]

    def holds(self, first: "Step") -> bool:
        """Whether the system keeps up, by what the first step of the ramp took."""
        return self.all_quotes[1] <= SLOWER * first.all_quotes[1] and self.keeps_up

    @property
    def keeps_up(self) -> bool:
        """Whether as much is completed as comes, or nearly."""
        return self.completed >= COMPLETED * self.offered


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest value that so large a part of all does not exceed; not a number if there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    return quantile(values, 0.5), quantile(values, 0.95), quantile(values, 0.99)


def step(journal: Sequence[Seen], phase: Phase, now: float) -> Step:
    """How a phase went, as far as is known now."""
    seconds = phase.ended - phase.began
    come = [seen for seen in journal if seen.due in phase]
    ended = [seen for seen in journal if seen.name == "all quotes" and seen.error is None]
    return Step(
        phase,
        offered=sum(seen.name == "due" for seen in come) / seconds,
        completed=sum((seen.due or 0) + seen.seconds in phase for seen in ended) / seconds,
        all_quotes=quantiles(waits(come, now)),
        lag=quantile((seen.seconds for seen in come if seen.name == "sent"), 0.99),
        at_once=sum(_overlap(seen, phase) for seen in journal if seen.type != "seen") / seconds,
        errors=dict(Counter(seen.error for seen in come if seen.error and seen.type != "seen")),
    )


def _overlap(call: Seen, phase: Phase) -> float:
    """For how long a call and a phase went on together."""
    return max(0.0, min(call.seen, phase.ended) - max(call.seen - call.seconds, phase.began))


def waits(journal: Sequence[Seen], now: float) -> list[float]:
    """How long each RFQ waited for all quotes. One that still waits has waited since it was due; refused ones do not wait."""
    ends = [seen.seconds for seen in journal if seen.name == "all quotes"]
    return ends + [now - due for due in still_waiting(journal)]


def still_waiting(journal: Sequence[Seen]) -> list[float]:
    """When each RFQ was due that has neither come to an end nor been refused."""
    waiting = Counter(seen.due for seen in journal if seen.name == "due")
    waiting -= Counter(
        seen.due for seen in journal if seen.name == "all quotes" or (seen.name == "accepted" and seen.error)
    )
    return [due for due in waiting.elements() if due is not None]


def knee(steps: Sequence[Step]) -> int | None:
    """The index of the first step that does not hold, and after which none does; None if the last one holds."""
    found = len(steps)
    while found > 1 and not steps[found - 1].holds(steps[0]):
        found -= 1
    return found if found < len(steps) else None


def lost(journal: Iterable[Seen]) -> int:
    """RFQs that were accepted, and of which nobody has seen the end."""
    counts = Counter(
        seen.name
        for seen in journal
        if (seen.name == "accepted" and seen.error is None)
        or (seen.name == "all quotes" and seen.error != "never completed")
    )
    return counts["accepted"] - counts["all quotes"]


def mean_depths(gauges: Iterable[Gauge], phase: Phase) -> dict[str, float]:
    """Messages of each queue in a phase, on average, the longest queue first."""
    looks = [gauge.depths for gauge in gauges if gauge.at in phase]
    means = {name: sum(look[name] for look in looks) / len(looks) for name in (looks[0] if looks else ())}
    return dict(sorted(means.items(), key=lambda item: -item[1]))


def processors(gauges: Iterable[Gauge], phase: Phase) -> dict[str, float]:
    """How many processors were busy for whom in a phase, on average."""
    looks = [gauge.processors for gauge in gauges if gauge.at in phase]
    return {who: sum(look[who] for look in looks) / len(looks) for who in (looks[0] if looks else ())}


def bins(began: float, ended: float, width: float) -> Iterator[Phase]:
    """Pieces of a time, all of one width but the last."""
    for number in range(math.ceil((ended - began) / width)):
        yield Phase("", 0, began + number * width, min(ended, began + (number + 1) * width))
