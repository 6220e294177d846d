"""What a storm is made of, all of it from one seed: who asks where and does what, and which faults come when."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from infra import roster

PARTNERS: Final = tuple(roster.partners())
SECONDS_BETWEEN: Final = 0.5
"""From one RFQ to the next, on average."""
SPELLS: Final = 40
"""After the last one comes the first again."""
RIDE_SECONDS: Final = (1.0, 4.0)

Ending = Literal["books", "books twice", "cancels", "looks"]
_ENDINGS: Final[Mapping[Ending, int]] = {"books": 70, "books twice": 12, "cancels": 8, "looks": 10}
AT_PARTNERS: Final = 0.2
"""Of all RFQs, where partner fleets alone answer."""

REPLIES: Final[Mapping[str, tuple[str, ...]]] = {
    "good": ("9",),
    "good, said twice": ("8&8",),
    "bad, wants a call": ("2", "yes"),
    "bad, wants none": ("3", "no"),
    "garbage first": ("purple", "7"),
    "stop": ("STOP",),
    "mute": (),
}
"""What is said to the first question, and to the next one; `8&8` is said twice at once."""
PHONES: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"copies": 2},
    {"copies": 2, "new_ids": True},
    {"delay": 2.0},
    {"lose_answers": 1},
    {"refuse": ["throttled", "throttled"]},
    {"forget": True},
)
"""Faults of phones, and of the service that reaches them."""

POISONED: Final = (
    "unicorn-mgmt-inbox",
    "wild-rydes-reply-ride-booking",
    "ride-booking-deadlines",
    "ride-booking-rides",
    "unicorn-mgmt-bookings-inbox",
    "unicorn-mgmt-ratings-inbox",
    "feedback-rides",
)
"""Queues to which somebody sends what nobody can read."""

CALLS: Final = ("throttled", "failed", "lost", "slow", "doubled")
"""What may become of an AWS call: it is throttled, it fails with status 500, it is carried out and its answer is lost, it is
carried out late, it is carried out twice."""
SERVICES: Final = ("DynamoDB", "AmazonSQS", "AWSEvents", "others")
_ALWAYS: Final = {"throttled": 0.005, "failed": 0.005, "lost": 0.005, "slow": 0.01, "doubled": 0.1}
"""The share of calls, at any time. A batch makes a hundred calls, and has three seconds."""
_GUSTS: Final = {"throttled": 0.3, "failed": 0.2, "lost": 0.2, "slow": 0.3, "doubled": 1.0}
"""The share of one service's calls, in every other spell."""

_TROUBLES: Final[tuple[Mapping[str, float], ...]] = (
    {},
    {"error": 0.5},
    {"hang": 0.3},
    {"garbage": 0.4},
    {"partial": 0.4},
    {"throttle": 0.5},
    {"signature": 0.5},
    {"refuse": 0.4},
    {"latency_ms": 900, "latency_sigma": 1.0},
    {"outage_seconds": 5},
)


@dataclass(frozen=True)
class Journey:
    """One RFQ, and what its customer makes of it. `at` counts seconds from the beginning; no site: partners alone answer."""

    number: int
    at: float
    person: int
    site: int | None
    within: int
    posts: int
    watches: bool
    ending: Ending


@dataclass(frozen=True)
class Person:
    """A customer, by what the phone says and what goes wrong with it."""

    replies: str
    phone: Mapping[str, Any]


@dataclass(frozen=True)
class Spell:
    """Faults for some seconds: the share of each service's calls that has each fault, and how often workers are hit.

    That is once in so many calls: on a slow machine, too, most workers get something done.
    """

    seconds: float
    calls: Mapping[str, Mapping[str, float]]
    hit_after: int
    frozen: float
    partners: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Plan:
    """A storm. The first unicorn of a site prices by hand; a `hermit` is asked and never answers."""

    seed: int
    persons: tuple[Person, ...]
    journeys: tuple[Journey, ...]
    spells: tuple[Spell, ...]
    poison: tuple[tuple[float, str], ...]
    """When a message that nobody can read comes to which queue."""
    sites: int
    unicorns: int = 4
    hermits: frozenset[int] = field(default_factory=frozenset)


def plan(rfqs: int, seed: int) -> Plan:
    """Draw everything that is a choice."""
    dice = random.Random(seed)
    sites = max(2, rfqs // 20)
    hermits = frozenset(range(1, sites, 4))
    weights = [1 if site in hermits else 3 for site in range(sites)]
    persons = tuple(
        Person(dice.choice([*REPLIES, "good", "good"]), dice.choice(PHONES))
        for _ in range(max(1, rfqs * 3 // 4))
    )
    at, journeys = 0.0, []
    for number in range(rfqs):
        [site] = [None] if dice.random() < AT_PARTNERS else dice.choices(range(sites), weights)
        within = dice.choice((15, 20, 30) if site in hermits else (90, 150, 240))
        [ending] = dice.choices([*_ENDINGS], [*_ENDINGS.values()])
        journeys.append(
            Journey(
                number,
                at,
                number if number < len(persons) else dice.randrange(len(persons)),
                site,
                within,
                posts=dice.choice((1, 1, 2)),
                watches=dice.random() < 0.4,
                ending=ending,
            )
        )
        at += dice.expovariate(1 / SECONDS_BETWEEN)
    spells = tuple(_spell(dice, gusty=number % 2 == 1) for number in range(SPELLS))
    poison = tuple((dice.uniform(0, at), dice.choice(POISONED)) for _ in range(max(2, rfqs // 10)))
    return Plan(seed, persons, tuple(journeys), spells, poison, sites, hermits=hermits)


def _spell(dice: random.Random, *, gusty: bool) -> Spell:
    calls = {service: dict(_ALWAYS) for service in SERVICES}
    if gusty:
        service, kind = dice.choice(SERVICES), dice.choice(CALLS)
        calls[service][kind] = _GUSTS[kind]
    partners = {id_: {**dice.choice(_TROUBLES), "ride_seconds": 3.0} for id_ in PARTNERS}
    return Spell(dice.uniform(3, 7), calls, dice.randrange(40, 120), dice.uniform(0.1, 0.3), partners)
