"""What goes wrong, decided by the seed: each history has its own kinds of faults, at its own rates.

Few kinds at a time find more than all of them always ("swarm testing": https://users.cs.utah.edu/~regehr/papers/swarm12.pdf).
"""

import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

CALL: Final = ("call-throttled", "call-failed", "call-unanswered", "call-slow", "crash-before-call", "crash-after-call", "worker-frozen", "service-out")  # fmt: skip
"""At any call to the outside."""

KINDS: Final[dict[str, float]] = {
    "call-throttled": 0.1,
    "call-failed": 0.05,
    "call-unanswered": 0.05,
    "call-slow": 0.05,
    "crash-before-call": 0.05,
    "crash-after-call": 0.05,
    "worker-frozen": 0.03,
    "service-out": 0.02,
    "cold-start": 0.3,
    "start-fails": 0.05,
    "clock-skewed": 0.3,
    "read-stale": 0.8,
    "message-doubled": 0.2,
    "message-late": 0.2,
    "message-not-deleted": 0.1,
    "batch-split": 0.5,
    "event-doubled": 0.2,
    "event-late": 0.5,
    "records-repeated": 0.2,
    "records-late": 0.2,
    "request-lost": 0.1,
    "answer-lost": 0.1,
    "line-drops": 0.2,
    "push-lost": 0.2,
    "documents-refused": 1.0,
    "partner-breaks": 0.3,
    "partner-repeats": 0.3,
    "partner-late": 0.3,
    "tick-doubled": 0.3,
    "sms-refused": 0.2,
    "sms-unanswered": 0.2,
    "sms-undelivered": 0.2,
    "receipt-lost": 0.5,
    "receipt-late": 0.3,
    "receipt-doubled": 0.3,
    "reply-lost": 0.1,
    "reply-late": 0.3,
    "reply-doubled": 0.3,
    "reply-nameless": 0.3,
}
"""Each kind, and the highest rate at which it comes."""

_ON: Final = 0.4
"""The part of the kinds that a history has."""
_CALM: Final = 0.05
"""How many histories have none: what is best effort has to work there, and what is in time has no excuse."""


@dataclass
class Faults:
    """Of one history, until `end`. `left` bounds how many there are, `kinds` which; those left out take no turn from the others."""

    chance: random.Random
    rates: dict[str, float]
    kinds: Collection[str]
    left: int = 1_000_000
    on: bool = True
    injected: Counter[str] = field(default_factory=Counter)
    now: Callable[[], float] = lambda: 0.0
    last_at: float = 0.0
    """When the last of them came, by `now`."""

    @classmethod
    def of(cls, seed: str, kinds: Collection[str] | None, most: int | None) -> "Faults":
        """Choose kinds and rates by the seed. `kinds` and `most` allow fewer."""
        chance = random.Random(seed)
        rates = {}
        for kind, highest in KINDS.items():
            has, rate = chance.random() < _ON, highest * chance.choice((0.1, 0.3, 1.0))
            if has:
                rates[kind] = rate
        if chance.random() < _CALM:
            rates = {}
        return cls(chance, rates, KINDS if kinds is None else kinds, 1_000_000 if most is None else most)

    def __post_init__(self) -> None:
        self._out_until: dict[str, float] = {}
        total = 0.0
        self._call: list[tuple[float, str]] = []
        for kind in CALL:
            if kind in self.rates:
                total += self.rates[kind]
                self._call.append((total, kind))
        self._any_call = total

    def happens(self, kind: str) -> bool:
        """Decide whether a fault comes now."""
        rate = self.rates.get(kind)
        if rate is None or not self.on or self.chance.random() >= rate:
            return False
        return self._inject(kind)

    def at_call(self) -> str | None:
        """Decide whether a call meets a fault, and which."""
        if not self._any_call or not self.on:
            return None
        drawn = self.chance.random()
        if drawn >= self._any_call:
            return None
        kind = next(kind for until, kind in self._call if drawn < until)
        return kind if self._inject(kind) else None

    def _inject(self, kind: str) -> bool:
        if self.left <= 0 or kind not in self.kinds:
            return False
        self.left -= 1
        self.injected[kind] += 1
        self.last_at = self.now()
        return True

    def is_out(self, service: str, now: float) -> bool:
        """Tell whether a service refuses everything for a while."""
        return self.on and self._out_until.get(service, 0.0) > now

    def take_out(self, service: str, now: float) -> None:
        """Let a service refuse everything, for a second or many."""
        self._out_until[service] = now + 10 ** self.chance.uniform(0, 1.7)

    def stop(self) -> None:
        """Let nothing go wrong any more."""
        self.on = False
