"""Unicorns, their rate cards and what they charge: rules only, no I/O."""

import base64
import hashlib
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import h3

SPEED_KMH = 60
"""How fast a unicorn comes to the start: as the crow flies, that being how unicorns fly."""

CENT = Decimal("0.01")

_ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A point on WGS 84, in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class RateCard:
    """What a unicorn charges. All amounts are in `currency` (ISO 4217), `max_km` is its longest ride, if it has one."""

    base: Decimal
    per_km: Decimal
    minimum: Decimal
    currency: str
    max_km: float | None = None

    def price(self, km: float) -> Decimal:
        """The price of a ride of `km`: the base fare and so much a kilometre, but never below the minimum.

        Rounded to cents, half a cent up, as a person with a pencil would.
        """
        fare = self.base + self.per_km * Decimal(km)
        return max(self.minimum, fare).quantize(CENT, ROUND_HALF_UP)

    def covers(self, km: float) -> bool:
        """Whether a ride of `km` is not too long."""
        return self.max_km is None or km <= self.max_km


@dataclass(frozen=True, slots=True)
class Unicorn:
    """A unicorn on our books. `position` is known while it is available, and only then."""

    id: str
    name: str
    rate_card: RateCard
    auto_quote: bool
    position: Place | None = None


def seconds_to_start(km: float) -> int:
    """How long a unicorn needs for `km`, in whole seconds: never sooner than promised."""
    return math.ceil(km / SPEED_KMH * 3600)


def unicorn_id(sub: str) -> str:
    """The id of the unicorn that a Cognito user (`sub`) is. Derived, so that registering twice is the same unicorn."""
    digest = hashlib.sha256(sub.encode()).digest()
    return "u-" + base64.b32encode(digest).decode().lower()[:_ID_CHARACTERS]


def distance_km(a: Place, b: Place) -> float:
    """Great-circle distance: the haversine formula on a sphere of radius 6371.007 km, as H3 computes it."""
    return float(h3.great_circle_distance((a.lat, a.lon), (b.lat, b.lon), unit="km"))
