"""Who takes part in a journey, and where: far from everybody else."""

import secrets
from dataclasses import dataclass, field

from infra.rydes.cloud.system import System
from infra.rydes.cloud.users import Users
from infra.rydes.verify.guests import Guests
from infra.rydes.verify.people import App, Caller, Json
from infra.rydes.verify.steps import Walk
from infra.rydes.verify.traces import Traces

_POINT_NEMO = (-48.8767, -123.3933)
"""Where the next land is farthest away, so no other unicorn and no partner is in reach of the journey.
https://oceanservice.noaa.gov/facts/nemo.html"""
_AROUND_IT = 5.0
"""Degrees in each direction: two runs at once do not meet either, but on the phone: the simulator has one number."""


def _somewhere(middle: float) -> float:
    return round(middle + (secrets.randbelow(10_000) / 10_000 - 0.5) * 2 * _AROUND_IT, 6)


@dataclass(frozen=True)
class Unicorn:
    """A registered unicorn, its owner's access to the API, and its app."""

    id: str
    caller: Caller
    app: App


@dataclass
class Scene:
    """What the steps of a journey share. What is made on the way is there for the steps that need it."""

    system: System
    users: Users
    guests: Guests
    walk: Walk
    traces: Traces
    number: str = ""
    """Where SMS to the customer go: one of AWS's own test numbers. Empty: no SMS can be sent."""
    lat: float = field(default_factory=lambda: _somewhere(_POINT_NEMO[0]))
    lon: float = field(default_factory=lambda: _somewhere(_POINT_NEMO[1]))
    people: dict[str, Caller] = field(default_factory=dict)
    """By their role: customer, stranger (another customer), agent."""
    unicorns: dict[str, Unicorn] = field(default_factory=dict)
    """`by-card` quotes at once, by its rate card; `by-hand` is invited, and prices by hand."""
    screen: App | None = None
    """The customer's app."""
    rfq: Json = field(default_factory=dict)
    """The answer to the submission of the RFQ that is booked."""
    ride: str = ""

    def request(self, respond_within: int) -> Json:
        """Make the body of an RFQ for a ride of about 15 km."""
        start = {"lat": self.lat, "lon": self.lon, "label": "verify"}
        end = {"lat": round(self.lat + 0.13, 6), "lon": self.lon, "label": "verify"}
        return {"from": start, "to": end, "respond-within": respond_within}
