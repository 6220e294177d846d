"""A ride with a partner: what we want of it, and what the partner says.

News may come in any order, twice, late or never. No transition raises, and none undoes an end: what a partner
agrees to after an end is cancelled there instead.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from wild_rydes_contracts import Money

RideState: TypeAlias = Literal["asked", "confirmed", "refused", "completed", "released"]
"""`asked`: the partner is being called. `refused`: it does not take the ride, or has given it up. `released`:
the booking has failed, whatever the partner says."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The partner takes the ride."""

    state: ClassVar[RideState] = "confirmed"


@dataclass(frozen=True, slots=True)
class Declined:
    """The partner does not take the ride, or gives it up; `reason` is a short code such as `none-free`."""

    state: ClassVar[RideState] = "refused"

    reason: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The partner has set the customer down."""

    state: ClassVar[RideState] = "completed"


UNAVAILABLE = "partner-unavailable"
"""Why a ride is refused that the partner does not have, as far as we know."""

RideNews: TypeAlias = Confirmed | Declined | Completed
"""What a partner says of a ride; `state` is where that leads a ride which is under way."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was booked: the quote that the partner gave to `rfq_id`. `time_zone` is where the ride will end, if known."""

    rfq_id: str
    customer_id: str
    price: Money
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class PartnerRide:
    """One booking of one partner's quote. `at` is the instant of its last change.

    `terms` and `deadline` (until when the customer waits) are missing if the booking's end came before the
    booking. `cancels` counts how often the ride had to be cancelled at the partner. `doubtful`: the partner may
    have the ride without our knowing. `revision` counts the writes and belongs to the table.
    """

    id: str
    partner_id: str
    state: RideState
    at: datetime
    terms: Terms | None = None
    deadline: datetime | None = None
    reason: str | None = None
    cancels: int = 0
    doubtful: bool = False
    revision: int = 0

    def heard(self, news: RideNews, now: datetime) -> "PartnerRide":
        """Take in what the partner says of the ride."""
        match news, self.state:
            case Confirmed(), "asked":
                return replace(self, state=news.state, at=now)
            case Confirmed(), "refused" | "released":  # it holds a car for nobody
                return replace(self, cancels=self.cancels + 1, at=now)
            case Declined(reason), "asked" | "confirmed":
                return replace(self, state=news.state, reason=reason, at=now)
            case Completed(), "asked" | "confirmed":
                return replace(self, state=news.state, at=now)
        return self

    def doubt(self, now: datetime) -> "PartnerRide":
        """Note that the partner may have the ride: nobody may say any more that it has not.

        If that was said already, the partner has to cancel what it may have, once more: now it was called for certain.
        """
        denied = self.reason == UNAVAILABLE
        if self.doubtful or not (self.state == "asked" or denied):
            return self
        return replace(self, doubtful=True, cancels=self.cancels + denied, at=now)

    def give_up(self, now: datetime) -> "PartnerRide":
        """Refuse a ride that the partner cannot be asked for in time, unless we know that it may have it.

        It has to cancel the ride all the same: it may have taken it and answered nonsense, or another worker may have
        called it and died.
        """
        if self.doubtful or self.state != "asked":
            return self
        return replace(self, state="refused", reason=UNAVAILABLE, cancels=self.cancels + 1, at=now)

    def release(self, now: datetime) -> "PartnerRide":
        """Give the ride up after its booking failed: the partner has to cancel what it may have agreed to."""
        if self.state not in ("asked", "confirmed"):
            return self
        return replace(self, state="released", cancels=self.cancels + 1, at=now)


def asked(ride_id: str, partner_id: str, terms: Terms, deadline: datetime, now: datetime) -> PartnerRide:
    """Begin a ride for which the partner has to be called."""
    return PartnerRide(ride_id, partner_id, "asked", now, terms, deadline)


def released(ride_id: str, partner_id: str, now: datetime) -> PartnerRide:
    """Note a booking that failed before it came: should it still come, the partner is never called."""
    return PartnerRide(ride_id, partner_id, "released", now)
