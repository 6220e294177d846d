"""A partner with an outage, a store with latencies, and a fleet that calls the one by grace of the other."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, TypeVar

from tests.bench.breaker.simulation import START, Simulation

T = TypeVar("T")

READ = (0.003, 0.35)
WRITE = (0.005, 0.35)
"""Median (s) and spread of DynamoDB's answers within a region over a warm connection, log-normal: p99 7 and 11 ms."""

HEALTHY = (0.080, 0.4)
REFUSED = (0.030, 0.3)
TIMEOUT = 2.0


class PartnerDown(Exception):
    """The partner refused or did not answer in time."""


class Refused(Exception):
    """The breaker did not let the call through."""


class Guard(Protocol):
    """One environment's breaker, ours or another."""

    def call(self, work: Callable[[], None]) -> None:
        """Do `work` if the circuit lets it. Raises Refused, and what `work` raises."""

    def probing(self) -> bool:
        """Whether the call under way is a probe."""


@dataclass
class Latency:
    """Draws from a log-normal distribution."""

    simulation: Simulation
    random: Random

    def wait(self, median: float, spread: float) -> None:
        self.simulation.sleep(self.random.lognormvariate(math.log(median), spread))


@dataclass
class Traffic:
    """What goes to and from the store. A write counts when it is made, whether or not its condition holds."""

    latency: Latency
    reads: int = 0
    writes: int = 0
    course: list[tuple[float, str]] = field(default_factory=list)
    """When which state was written."""

    def read(self) -> None:
        self.reads += 1
        self.latency.wait(*READ)

    def write(self, apply: Callable[[], T]) -> T:
        """Half of a write's time passes before it takes effect, half until the caller knows."""
        self.writes += 1
        median, spread = WRITE
        self.latency.wait(median / 2, spread)
        try:
            return apply()
        finally:
            self.latency.wait(median / 2, spread)

    def turned(self, state: str) -> None:
        if not self.course or self.course[-1][1] != state:
            self.course.append((self.latency.simulation.now, state))


@dataclass
class Partner:
    """Answers, but for an outage in which it refuses or hangs; `error_rate` of the healthy answers are errors too."""

    latency: Latency
    outage: tuple[float, float] = (math.inf, math.inf)
    hangs: bool = False
    error_rate: float = 0
    failed_at: list[float] = field(default_factory=list)
    failed_probes: int = 0
    calls: int = 0
    probes_now: int = 0
    probes_at_once: int = 0

    def answer(self, guard: Guard) -> None:
        simulation, probe = self.latency.simulation, guard.probing()
        self.calls += 1
        self.probes_now += probe
        self.probes_at_once = max(self.probes_at_once, self.probes_now)
        down = self.outage[0] <= simulation.now - START < self.outage[1]
        if down and self.hangs:
            simulation.sleep(TIMEOUT)
        else:
            self.latency.wait(*(REFUSED if down else HEALTHY))
        self.probes_now -= probe
        if down or self.latency.random.random() < self.error_rate:
            self.failed_probes += probe
            self.failed_at.append(simulation.now)
            raise PartnerDown


@dataclass
class Fleet:
    """Environments that each get requests at random, `rate` a second, and work on one at a time.

    `apart`, if given, is how many seconds the requests come after each other instead.
    """

    simulation: Simulation
    partner: Partner
    guards: list[Guard]
    random: Random
    rate: float = 5
    apart: float | None = None
    refused_at: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        for guard in self.guards:
            self.simulation.spawn(lambda guard=guard: self._environment(guard, START + seconds))  # type: ignore[misc]
        self.simulation.run()

    def _environment(self, guard: Guard, until: float) -> None:
        request = self.simulation.now
        while True:
            request += self.apart or self.random.expovariate(self.rate)
            if request >= until:
                return
            self.simulation.sleep(request - self.simulation.now)
            try:
                guard.call(lambda: self.partner.answer(guard))
            except Refused:
                self.refused_at.append(self.simulation.now)
            except PartnerDown:
                pass
