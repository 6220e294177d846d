"""What happens to a fleet, and what is counted."""

from contextlib import nullcontext
from dataclasses import dataclass
from random import Random

from tests.bench.breaker import ours, powertools
from tests.bench.breaker.simulation import START, Simulation
from tests.bench.breaker.world import Fleet, Guard, Latency, Partner, Traffic
from wild_rydes_circuit_breaker import Settings

BREAKERS = ("ours", "Powertools")

OUTAGE_BEGINS = 12.0
"""Seconds: longer than any breaker's window."""
AFTERWARDS = 35.0


@dataclass(frozen=True)
class Outage:
    """Calls that failed until the write that stopped calls took effect, after it, and as probes; seconds are counted from
    the partner's recovery.
    """

    failed_before: int
    failed_after: int
    failed_probes: int
    probes_at_once: int
    closed_after: float
    last_refused_after: float
    writes: int


@dataclass(frozen=True)
class Healthy:
    """Times without an outage."""

    calls: int
    refused: int
    reads: int
    writes: int
    checked: int


@dataclass
class World:
    """A simulation with everything in it."""

    fleet: Fleet
    partner: Partner
    traffic: Traffic

    @classmethod
    def of(cls, breaker: str, number: int, seed: int) -> "World":
        random = Random(seed)
        simulation = Simulation()
        latency = Latency(simulation, random)
        traffic = Traffic(latency)
        guards: list[Guard]
        if breaker == "ours":
            guards = ours.environments(number, simulation, traffic, random, Settings())
        else:
            guards = powertools.environments(number, simulation, traffic)
        partner = Partner(latency)
        return cls(Fleet(simulation, partner, guards, random), partner, traffic)


def outage(breaker: str, number: int, *, hangs: bool, seed: int) -> Outage:
    """The partner refuses every call, or lets it hang, for 30 to 50 s."""
    world = World.of(breaker, number, seed)
    partner, fleet, traffic = world.partner, world.fleet, world.traffic
    recovery = OUTAGE_BEGINS + Random(seed).uniform(30, 50)
    partner.outage, partner.hangs = (OUTAGE_BEGINS, recovery), hangs
    time = powertools.simulated_time(fleet.simulation) if breaker == "Powertools" else nullcontext()
    with time:
        fleet.run(recovery + AFTERWARDS)
    tripped = next(at for at, state in traffic.course if state != "CLOSED")
    closed, state = traffic.course[-1]
    if state != "CLOSED":
        closed = float("inf")
    before = sum(at <= tripped for at in partner.failed_at)
    return Outage(
        failed_before=before,
        failed_after=len(partner.failed_at) - before - partner.failed_probes,
        failed_probes=partner.failed_probes,
        probes_at_once=partner.probes_at_once,
        closed_after=closed - START - recovery,
        last_refused_after=fleet.refused_at[-1] - START - recovery,
        writes=traffic.writes,
    )


def healthy(number: int, seconds: float, *, error_rate: float, seed: int) -> Healthy:
    """Our breaker while the partner answers, but for some errors."""
    world = World.of("ours", number, seed)
    world.partner.error_rate = error_rate
    world.fleet.run(seconds)
    return Healthy(
        calls=world.partner.calls,
        refused=len(world.fleet.refused_at),
        reads=world.traffic.reads,
        writes=world.traffic.writes,
        checked=sum(state == "OPEN" for _, state in world.traffic.course),
    )
