"""How long a function takes for a batch: its CPU time at its memory, and the calls that it waits for."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.bench.aws_latencies import CALLS, Latency, cpu_milliseconds

MEASURED: Final = Path(__file__).with_name("measured.json")
"""What was measured last, written by `python -m tests.bench.capacity --measure`."""

PARTNER: Final = Latency(150, 800, "as partners' APIs of this kind answer; ask yours", assumed=True)
"""A partner's answer to a request for a quote."""

NOTED: Final = Latency(50, 300, "as above, of one that only takes note", assumed=True)

_AT_ONCE = 10
"""Calls under way: botocore keeps so many connections open, and no pool of ours has more threads."""


@dataclass(frozen=True)
class Batch:
    """What a batch of so many messages takes: milliseconds of one core, and calls.

    Each entry of `waits` are calls, by operation, that are waited for at the same time.
    """

    messages: int
    cpu_ms: float
    waits: Sequence[Mapping[str, int]]

    @property
    def calls(self) -> Counter[str]:
        """All calls by operation."""
        return sum((Counter(wait) for wait in self.waits), Counter[str]())

    def milliseconds(self, memory_mib: int, partner: Latency | None = None) -> float:
        """Return how long the batch takes on average. `partner` is called once for each message."""
        waits = sum(map(_together, self.waits)) + (self.messages * partner.mean if partner else 0)
        return cpu_milliseconds(self.cpu_ms, memory_mib) + waits


def _together(calls: Mapping[str, int]) -> float:
    slowest = max(CALLS[operation].mean for operation in calls)
    return slowest * math.ceil(sum(calls.values()) / _AT_ONCE)


@dataclass(frozen=True)
class Durations:
    """The batches that were measured of one function, smallest first. `partner` is whom it calls for each message."""

    batches: Sequence[Batch]
    partner: Latency | None = None

    def milliseconds(self, messages: float, memory_mib: int) -> float:
        """Return how long a batch of any size takes: on the straight line between the two measured sizes around it."""
        known = [(batch.messages, batch.milliseconds(memory_mib, self.partner)) for batch in self.batches]
        if len(known) == 1:
            [(size, took)] = known
            return took * messages / size
        upper = next((i for i, (size, _) in enumerate(known) if size >= messages), len(known) - 1)
        (a, fa), (b, fb) = known[max(0, upper - 1)], known[max(1, upper)]
        return fa + (fb - fa) * (messages - a) / (b - a)


def load(text: str | None = None) -> dict[str, Durations]:
    """Read what was measured, by function."""
    measured = json.loads(MEASURED.read_text() if text is None else text)
    return {
        name: Durations([Batch(**batch) for batch in batches], _partner_of(name))
        for name, batches in measured.items()
    }


def dump(measured: Mapping[str, Sequence[Batch]]) -> str:
    """Write what was measured."""
    lines = (
        f"  {json.dumps(name)}: [\n"
        + ",\n".join(f"    {json.dumps(asdict(batch))}" for batch in batches)
        + "\n  ]"
        for name, batches in measured.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _partner_of(name: str) -> Latency | None:
    if not name.endswith("-quotes"):
        return None
    return NOTED if "nimbus" in name else PARTNER
