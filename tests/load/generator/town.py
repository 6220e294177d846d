"""The town in which callers live, as `tests/load/town.py` has built it."""

from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.queue import Queue

from tests.load.generator.arrivals import Arrival

Json = dict[str, Any]


@dataclass
class Town:
    """Where everybody lives: URLs, places, and who may call."""

    urls: dict[str, str]
    rides: list[Json]
    customers: list[str]
    machines: list[dict[str, str]]
    unicorns: dict[str, str]
    shares: dict[str, int]
    brings: dict[str, int]
    respond_within: int
    booked: float
    connections: int
    seed: int
    due: "dict[str, Queue[Arrival]]" = field(default_factory=dict)
    here: int = 0
    on_their_way: int = 0

    @classmethod
    def read(cls, plan: Json) -> "Town":
        """The town as the driver describes it."""
        return cls(**plan, due={kind: Queue() for kind in plan["shares"]})

    def arrive(self, arrival: Arrival) -> None:
        """Hand an arrival to the next caller of its kind who is free."""
        self.on_their_way += 1
        self.due[arrival.kind].put(arrival)

    def wait_for_callers(self, count: int) -> None:
        """Wait until so many callers wait for what is due."""
        while self.here < count:
            gevent.sleep(0.1)

    def wait_for_silence(self) -> None:
        """Wait until everybody has seen how it ended."""
        while self.on_their_way:
            gevent.sleep(0.1)
