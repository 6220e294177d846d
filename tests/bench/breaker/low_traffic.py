"""What happens where calls are few, and each of them must count."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

from tests.bench.breaker.scenarios import World
from tests.bench.breaker.simulation import START

MANY_CALLS = 400
"""Calls for which an outage goes on."""


def dies_after_one_success(apart: float) -> int | None:
    """Count the calls of an outage that failed until calls were stopped; None if they never were.

    One environment, one request each `apart` seconds: a failure, a success, then failures only.
    """
    world = World.of("ours", 1, seed=1)
    world.fleet.apart = apart

    def course_of_the_partner() -> None:
        partner, simulation = world.partner, world.fleet.simulation
        partner.outage = (0, 1.5 * apart)
        simulation.sleep(1.6 * apart)
        partner.outage = (2.5 * apart, float("inf"))

    world.fleet.simulation.spawn(course_of_the_partner)
    return _noticed(world, after=2.5 * apart, until=MANY_CALLS * apart)


def dies_after_errors(
    number: int, rate: float, *, error_rate: float, minutes: float, seed: int
) -> int | None:
    """Count the same where so many environments with `rate` requests a second each have errors at random, then the partner dies."""
    world = World.of("ours", number, seed)
    world.fleet.rate, world.partner.error_rate = rate, error_rate
    dies = minutes * 60 * Random(seed).uniform(0.9, 1)
    world.partner.outage = (dies, float("inf"))
    return _noticed(world, after=dies, until=dies + MANY_CALLS / (number * rate))


def _noticed(world: World, *, after: float, until: float) -> int | None:
    world.fleet.run(until)
    stopped = [at for at, state in world.traffic.course if state != "CLOSED" and at - START > after]
    return sum(after < at - START and at <= stopped[0] for at in world.partner.failed_at) if stopped else None


@dataclass(frozen=True)
class Errors:
    """Hours with errors at random: how often calls were stopped to check, and what it cost."""

    calls: int
    errors: int
    checks: int
    refused: int
    writes: int


def errors(number: int, rate: float, *, error_rate: float, hours: float, seed: int) -> Errors:
    """Environments with `rate` requests a second each, of which a share fails."""
    world = World.of("ours", number, seed)
    world.fleet.rate, world.partner.error_rate = rate, error_rate
    world.fleet.run(hours * 3600)
    return Errors(
        calls=world.partner.calls,
        errors=len(world.partner.failed_at),
        checks=sum(
            before == "CLOSED" != after
            for before, after in pairwise(["CLOSED", *(state for _, state in world.traffic.course)])
        ),
        refused=len(world.fleet.refused_at),
        writes=world.traffic.writes,
    )
