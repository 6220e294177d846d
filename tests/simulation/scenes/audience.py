"""Who takes part in surveys: customers of all kinds, their phones, and their rides."""

import random
from dataclasses import dataclass

from tests.simulation.actors.completions import Ride
from tests.simulation.actors.unicorns import Registered
from tests.simulation.aws.cognito import User
from tests.simulation.plan import Plan
from unicorn_mgmt.domain.unicorn import unicorn_id

NAME = "Beatrix"
"""What nobody may find in a log or on the bus."""
_DAY = 86_400.0

_NUMBERS = ("+12065550123", "+12065550123", "+12065550124", "+34612345678", "+4915112345678")
_SPOKEN = {"+1": "en", "+34": "es", "+49": "de"}
_CONSENT = {
    "custom:sms_consent_at": "2026-05-01T08:00:00Z",
    "custom:sms_consent_how": "app",
    "custom:sms_consent_by": "customer",
}
_ZONES = (None, None, "America/Los_Angeles", "Europe/Madrid", "Asia/Tokyo", "Mars/Olympus_Mons")
_PARTNER = "p-acme"
_REACHABLE = 0.75
_REGULARS = 0.03
"""How often there is a customer who rides again and again, for weeks: `_MANY` times."""
_MANY = 7


@dataclass(frozen=True)
class Person:
    """A customer. Whoever is not `reachable` must never be asked."""

    user: User | None
    id: str
    number: str
    reachable: bool
    language: str
    """The one that they are to be written to in."""


class Audience:
    """Who takes part, as far as the plan leaves it to chance."""

    def __init__(self, plan: Plan, chance: random.Random) -> None:
        customers = chance.choice((1, 1, 2)) if plan.customers is None else plan.customers
        rides = chance.choice((1, 2, 2, 3, 3)) if plan.rides is None else plan.rides
        strangers = chance.choice((0, 0, 0, 1)) if plan.strangers is None else plan.strangers
        self.unicorns = tuple(Registered(f"unicorn-{n}", "downtown", auto_quote=True) for n in range(2))
        responders = (*(unicorn_id(each.sub) for each in self.unicorns), _PARTNER)
        self.customers = tuple(_person(chance, n) for n in range(customers))
        self.strangers = tuple(f"+1425555010{n}" for n in range(strangers))
        self.rides = tuple(
            _ride(chance, n, chance.choice(self.customers).id, chance.choice(responders))
            for n in range(rides if customers else 0)
        )
        if self.customers and plan.rides is None and chance.random() < _REGULARS:
            who = chance.choice(self.customers).id
            after = _DAY * chance.uniform(1, 8)
            for n in range(len(self.rides), len(self.rides) + _MANY):
                self.rides = (*self.rides, _ride(chance, n, who, chance.choice(responders), after))
                after += _DAY * chance.uniform(1, 8)


def spoken(number: str) -> str:
    """Tell which language is spoken where a number is."""
    return next(language for code, language in _SPOKEN.items() if number.startswith(code))


def _person(chance: random.Random, number: int) -> Person:
    id_, phone = f"customer-{number}", chance.choice(_NUMBERS)
    locale = chance.choice((None, None, "en-US", "es", "de_DE"))
    language = locale[:2] if locale else spoken(phone)
    attributes = {"phone_number": phone, "phone_number_verified": "true", "name": NAME, **_CONSENT}
    if locale:
        attributes["locale"] = locale
    user = User(id_, f"{id_}@example.com", attributes)
    if chance.random() < _REACHABLE:
        return Person(user, id_, phone, reachable=True, language=language)
    match chance.choice(("unverified", "no consent", "no number", "disabled", "unknown")):
        case "unverified":
            attributes["phone_number_verified"] = "false"
        case "no consent":
            del attributes["custom:sms_consent_by"]
        case "no number":
            del attributes["phone_number"]
        case "disabled":
            user.enabled = False
        case "unknown":
            return Person(None, id_, phone, reachable=False, language=language)
    return Person(user, id_, phone, reachable=False, language=language)


def _ride(
    chance: random.Random, number: int, customer: str, responder: str, begins: float | None = None
) -> Ride:
    late = chance.choice((0.0, 0.0, 0.0, 60.0, 0.5 * _DAY, 2 * _DAY, 3 * _DAY - 30, 4 * _DAY))
    again = tuple(10 ** chance.uniform(0, 5.5) for _ in range(chance.choice((0, 0, 1, 2))))
    # Most end when it is day somewhere, some at the same time, and some a day after another.
    after = begins or chance.choice(
        (1.0, 9 * 3600.0, chance.uniform(0, _DAY), _DAY + chance.uniform(0, _DAY), 2 * _DAY)
    )
    return Ride(f"rfq-{number}.1", customer, responder, after, late, chance.choice(_ZONES), again)
