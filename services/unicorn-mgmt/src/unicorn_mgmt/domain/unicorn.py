"""Unicorns, what they charge and the one ride each may have."""

import base64
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import h3

from unicorn_mgmt.domain.rate_card import RateCard

SPEED_KMH = 60
"""How fast a unicorn comes to the start: as the crow flies, that being how unicorns fly."""

RESOLUTION = 6
"""Resolution of the H3 cells under which unicorns are filed. Their edges are 3.7 km on average: a search
within reach touches 7 cells, and a city's cell fits one read unit or two."""

REPORT_AT_LEAST_EVERY = timedelta(minutes=1)
"""A report without news is written only if the last written one is older than this."""

REMEMBERED_FOR = timedelta(minutes=10)
"""How long a unicorn remembers how a ride ended: far longer than a booking's messages live (its saga gives up
after a minute), so that no late message begins the ride again. Callers may repeat a request for as long."""

_MOST_REMEMBERED = 50  # an item stays small, whatever comes in

_ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A point on WGS 84, in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Rating:
    """The scores that customers have given a unicorn: how many, and their sum."""

    count: int
    total: int


Outcome = Literal["completed", "cancelled", "released"]
"""How a ride ends: the unicorn has completed it, has given it up, or its booking has failed."""


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride that a unicorn has taken, and since when. `time_zone` is where it will end, if that is known."""

    id: str
    rfq_id: str
    customer_id: str
    since: datetime
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a ride ended, and when."""

    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """A ride that a responder does not take; `reason` is a short code."""

    ride_id: str
    rfq_id: str
    responder_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unicorn:
    """A unicorn on our books. `position` is known while it wants rides, and only then.

    A unicorn has one `ride` at most. In `recent` it remembers for a while how earlier rides ended: a message
    about a ride that is over changes nothing, whether it comes again or for the first time. `connection` is
    where its app is connected, `rating` what its passengers think of it. `revision` counts the changes of
    everything else.

    A vehicle that the `fleet` of a partner has imported is one, too, with the partner's own `vehicle_id`, for its rides
    alone: it reports no position, and is found among vehicles.
    """

    id: str
    name: str
    rate_card: RateCard
    auto_quote: bool
    position: Place | None = None
    reported_at: datetime | None = None
    ride: Ride | None = None
    recent: Mapping[str, Ending] = field(default_factory=dict)
    connection: str | None = None
    rating: Rating | None = None
    revision: int = 0
    fleet: str | None = None
    vehicle_id: str | None = None

    @property
    def cell(self) -> str | None:
        """The H3 cell where others find it; None while it has a ride or wants none, and for a vehicle."""
        return cell_of(self.position) if self.position and not self.ride and not self.fleet else None

    def report(self, position: Place | None, now: datetime) -> "Unicorn":
        """Note that it is at `position` and wants rides, or (None) wants none.

        Changes nothing when that is no news.
        """
        fresh = self.reported_at is not None and now - self.reported_at < REPORT_AT_LEAST_EVERY
        if fresh and _filed(position) == _filed(self.position):
            return self
        return replace(self, position=position, reported_at=now)

    def take(self, ride: Ride) -> "Unicorn":
        """Take a ride, if it is free for one and this one is not over already. A vehicle always wants one."""
        if self.ride or not (self.position or self.fleet) or ride.id in self.recent:
            return self
        return replace(self, ride=ride, recent=_remembered(self.recent, ride.since))

    def end(self, ride_id: str, outcome: Outcome, now: datetime) -> "Unicorn":
        """End its ride, so that it is free for the next. Changes nothing if it has no such ride."""
        if self.ride is None or self.ride.id != ride_id:
            return self
        return replace(self, ride=None, recent=self._with(ride_id, outcome, now))

    def release(self, ride_id: str, failed_at: datetime, now: datetime) -> "Unicorn":
        """Let go of a ride whose booking failed at `failed_at`: it ends, or never begins if the booking comes later.

        Who hears of it long after that has nothing to remember: the booking comes no more.
        """
        if self.ride and self.ride.id == ride_id:
            return self.end(ride_id, "released", now)
        if ride_id in self.recent or now - failed_at >= REMEMBERED_FOR:
            return self
        return replace(self, recent=self._with(ride_id, "released", now))

    def _with(self, ride_id: str, outcome: Outcome, now: datetime) -> Mapping[str, Ending]:
        return _remembered({**self.recent, ride_id: Ending(outcome, now)}, now)


def _filed(position: Place | None) -> str | None:
    return cell_of(position) if position else None


def _remembered(recent: Mapping[str, Ending], now: datetime) -> Mapping[str, Ending]:
    """Keep what is still worth remembering, the newest last."""
    kept = sorted(
        ((ride_id, ending) for ride_id, ending in recent.items() if now - ending.at < REMEMBERED_FOR),
        key=lambda entry: (entry[1].at, entry[0]),
    )
    return dict(kept[-_MOST_REMEMBERED:])


def seconds_to_start(km: float) -> int:
    """Tell how long a unicorn needs for `km`, rounded up to whole seconds: it is not later than promised."""
    return math.ceil(km / SPEED_KMH * 3600)


def unicorn_id(sub: str) -> str:
    """Derive a unicorn's id from its Cognito user (`sub`): who registers twice is the same unicorn."""
    digest = hashlib.sha256(sub.encode()).digest()
    return "u-" + base64.b32encode(digest).decode().lower()[:_ID_CHARACTERS]


def distance_km(a: Place, b: Place) -> float:
    """Measure the great circle as H3 does: the haversine formula on a sphere of radius 6371.007 km."""
    return float(h3.great_circle_distance((a.lat, a.lon), (b.lat, b.lon), unit="km"))


def cell_of(place: Place) -> str:
    """Return the H3 cell under which a unicorn at `place` is filed."""
    return str(h3.latlng_to_cell(place.lat, place.lon, RESOLUTION))
