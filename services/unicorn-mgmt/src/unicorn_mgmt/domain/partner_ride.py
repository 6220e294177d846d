"""A ride with a partner: what we want of it, and what the partner says. Rules only, no I/O.

What is told may come in any order, twice, late or never. No transition raises, and none undoes an end: what a partner
agrees to after an end is to be cancelled there instead.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from wild_rydes_contracts import Money

RideState: TypeAlias = Literal["asked", "confirmed", "refused", "completed", "released"]
"""`asked`: the partner is being called. `refused`: it does not take the ride, or has given it up. `released`: the booking
has come to nothing, whatever the partner says."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The partner takes the ride."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner does not take the ride, or gives it up; `reason` is a short code such as `none-free`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The partner has set the customer down."""


RideNews: TypeAlias = Confirmed | Refused | Completed


@dataclass(frozen=True, slots=True)
class Terms:
    """What was booked: the quote that the partner gave to `rfq_id`."""

    rfq_id: str
    customer_id: str
    price: Money


@dataclass(frozen=True, slots=True)
class PartnerRide:
    """One booking of one partner's quote. `at` is when it became what it is.

    `terms` and `deadline` (until when the customer waits) are missing where the end came before the question. `cancels`
    counts how often it had to be cancelled at the partner. `revision` counts the writes and belongs to the table.
    """

    id: str
    partner_id: str
    state: RideState
    at: datetime
    terms: Terms | None = None
    deadline: datetime | None = None
    reason: str | None = None
    cancels: int = 0
    revision: int = 0

    def heard(self, news: RideNews, now: datetime) -> "PartnerRide":
        """The partner says what becomes of the ride."""
        match news, self.state:
            case Confirmed(), "asked":
                return replace(self, state="confirmed", at=now)
            case Confirmed(), "refused" | "released":  # it holds a car for nobody
                return replace(self, cancels=self.cancels + 1, at=now)
            case Refused(reason), "asked" | "confirmed":
                return replace(self, state="refused", reason=reason, at=now)
            case Completed(), "asked" | "confirmed":
                return replace(self, state="completed", at=now)
        return self

    def release(self, now: datetime) -> "PartnerRide":
        """The booking has come to nothing: the partner is to cancel what it may have agreed to."""
        if self.state not in ("asked", "confirmed"):
            return self
        return replace(self, state="released", cancels=self.cancels + 1, at=now)


def asked(ride_id: str, partner_id: str, terms: Terms, deadline: datetime, now: datetime) -> PartnerRide:
    """A ride that the partner is to be asked for."""
    return PartnerRide(ride_id, partner_id, "asked", now, terms, deadline)


def released(ride_id: str, partner_id: str, now: datetime) -> PartnerRide:
    """A booking that came to nothing before the partner was asked; should the question still come, it never is."""
    return PartnerRide(ride_id, partner_id, "released", now)
