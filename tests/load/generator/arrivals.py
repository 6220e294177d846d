"""When customers come: an open model. They come by the clock, however long those who came before wait for their answers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """A customer or program that comes at this instant, in seconds since 1970."""

    at: float
    kind: str


@dataclass(frozen=True)
class Mix:
    """How many in a hundred arrivals are of each kind, and how many RFQs one of a kind brings, if more than one."""

    shares: dict[str, int]
    brings: dict[str, int]

    @property
    def rfqs(self) -> float:
        """RFQs of an arrival on average."""
        total = sum(self.shares.values())
        return sum(share * self.brings.get(kind, 1) for kind, share in self.shares.items()) / total


def poisson(
    rfqs_per_second: float, began: float, seconds: float, mix: Mix, dice: random.Random
) -> Iterator[Arrival]:
    """Arrivals of a Poisson process, in order, that bring so many RFQs a second on average."""
    rate, at = rfqs_per_second / mix.rfqs, began
    while (at := at + dice.expovariate(rate)) < began + seconds:
        (kind,) = dice.choices(list(mix.shares), list(mix.shares.values()))
        yield Arrival(at, kind)
