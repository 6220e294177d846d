"""Requests and answers of the API about RFQs."""

import hashlib
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ride_booking.api.quote_representations import QuoteBody
from ride_booking.api.ride_representations import RideBody
from ride_booking.domain.rfq import CompletedBy, Place, Rfq, Status
from wild_rydes_contracts.scalars import PRINTABLE
from wild_rydes_http.body import WHOLE, Representation, rounded

DECIMALS = 6
"""Decimal places of a coordinate in degrees: a tenth of a metre."""

_POLE, _DATE_LINE = 90, 180

SHORTEST, LONGEST, USUAL = 5, 900, 300
"""Seconds that responders may be given. SQS delays the close by no more than the longest."""


class PlaceBody(Representation):
    """A point on WGS 84, in degrees, kept to six decimals, with the customer's own name for it."""

    lat: Annotated[float, Field(ge=-90, le=90), rounded(DECIMALS)]
    lon: Annotated[float, Field(ge=-180, le=180), rounded(DECIMALS)]
    label: str | None = Field(
        default=None,
        max_length=100,
        pattern=rf"^{PRINTABLE}+$",
        description="No control characters or line breaks.",
    )

    @property
    def point(self) -> tuple[float, float]:
        """The one way to write this point: a pole has no longitude, and the date line is in the east."""
        if abs(self.lat) == _POLE:
            return self.lat, 0.0
        return self.lat, abs(self.lon) if abs(self.lon) == _DATE_LINE else self.lon

    def to_domain(self) -> Place:
        """Make the place."""
        return Place(self.lat, self.lon, self.label)

    @classmethod
    def from_domain(cls, place: Place) -> Self:
        """Show a place."""
        return cls(lat=place.lat, lon=place.lon, label=place.label)


class Submission(Representation):
    """A request for quotes for a ride from one place to another."""

    from_: PlaceBody
    to: PlaceBody
    customer: str | None = Field(
        default=None, max_length=128, description="The caller's own id or user name. May be left out."
    )
    respond_within: Annotated[int, WHOLE] = Field(
        default=USUAL, ge=SHORTEST, le=LONGEST, description="Seconds that responders have to answer."
    )

    @field_validator("to")
    @classmethod
    def _elsewhere(cls, to: PlaceBody, info: ValidationInfo) -> PlaceBody:
        start = info.data.get("from_")
        if start and start.point == to.point:
            raise PydanticCustomError("same_place", "The ride must end somewhere else than it starts")
        return to

    def to_domain(self, rfq_id: str, customer: str, now: datetime, *, document: bool = False) -> Rfq:
        """Make the RFQ that is submitted now."""
        return Rfq(
            id=rfq_id,
            customer=customer,
            start=self.from_.to_domain(),
            destination=self.to.to_domain(),
            created_at=now,
            deadline=now + timedelta(seconds=self.respond_within),
            document=document,
        )

    def fingerprint(self) -> bytes:
        """Make bytes that are equal for two submissions if these ask for the same."""
        return hashlib.sha256(self.model_dump_json(exclude={"customer"}).encode()).digest()


class Links(Representation):
    """Where to follow an RFQ, see its quotes as they arrive, read its result, and book."""

    self_: str
    quotes: str
    result: str
    bookings: str
    status_document: str | None = Field(
        default=None,
        description="Anybody can read it there, without a token, until 5 minutes after the deadline.",
    )


class Accepted(Representation):
    """An RFQ that has been accepted. `eta` is the deadline: by then there is a result."""

    id: str
    status: Literal["running"] = "running"
    responses_received: int = Field(default=0, ge=0)
    eta: AwareDatetime
    links: Links


class Running(Accepted):
    """The progress of an RFQ. `responders-asked` is 0 until the first responder service answers."""

    responders_asked: int = Field(ge=0)


class Quotes(Representation):
    """The quotes so far, cheapest first; those that have expired come last."""

    id: str
    status: Status
    quotes: tuple[QuoteBody, ...]
    links: Links


class Responders(Representation):
    """How many responders did what: asked = quoted + declined + silent.

    Late ones answered after the close, and are silent.
    """

    asked: int = Field(ge=0)
    quoted: int = Field(ge=0)
    declined: int = Field(ge=0)
    silent: int = Field(ge=0)
    late: int = Field(ge=0)


class Result(Representation):
    """The result of an RFQ, and what was booked since. The cheapest quote comes first, and those that have expired last."""

    id: str
    status: Literal["completed"] = "completed"
    customer: str
    from_: PlaceBody
    to: PlaceBody
    created_at: AwareDatetime
    completed_at: AwareDatetime
    completed_by: CompletedBy
    quotes: tuple[QuoteBody, ...]
    responders: Responders
    rides: tuple[RideBody, ...] = Field(
        description="Every ride that was booked, oldest first. All but the last are rejected."
    )
    links: Links


class Summary(Representation):
    """An RFQ in a list."""

    id: str
    status: Status
    from_: PlaceBody
    to: PlaceBody
    created_at: AwareDatetime
    eta: AwareDatetime
    completed_by: CompletedBy | None = None
    responses_received: int = Field(ge=0)
    responders_asked: int = Field(ge=0)
    ride: RideBody | None = Field(
        default=None, description="The last ride that was booked. Left out if there is none."
    )
    links: Links


class ListLinks(Representation):
    """This page, and the next one if there is one."""

    self_: str
    next: str | None = None


class RfqList(Representation):
    """The caller's RFQs, newest first."""

    rfqs: tuple[Summary, ...]
    links: ListLinks


def answers_received(rfq: Rfq) -> int:
    """Count the responders that were asked and have quoted or declined."""
    counts = rfq.counts()
    return counts.quoted + counts.declined


def seconds_to_wait(rfq: Rfq, now: datetime) -> int:
    """Tell how long to wait before looking again: a second at first, then half of the time so far.

    Most answers come at once, so an obedient client sees them soon, and looks 14 times in five minutes. It is at
    least a second, and never longer than until the deadline.
    """
    so_far, left = (now - rfq.created_at).total_seconds(), (rfq.deadline - now).total_seconds()
    return max(1, min(ceil(so_far / 2), ceil(left)))
