"""Requests and answers of the API about bookings and rides."""

from typing import Self

from pydantic import AwareDatetime, Field

from ride_booking.api.quote_representations import Price
from ride_booking.domain.rfq import Quote, Rfq
from ride_booking.domain.ride import RideStatus, ride_id
from wild_rydes_http.body import Representation


class Booking(Representation):
    """The quote of an RFQ to book."""

    quote_id: str = Field(min_length=1, max_length=64)


class RideLinks(Representation):
    """Where to follow a ride, and the RFQ whose quote was booked."""

    self_: str
    rfq: str


class RideBody(Representation):
    """A ride, from its booking to its end.

    While the ride is pending, its responder has until `confirmed-by` to answer.
    `reason` says why the ride was rejected. Another quote of the same RFQ can then be booked.
    """

    id: str
    rfq_id: str
    status: RideStatus
    reason: str | None = None
    responder_id: str
    name: str | None = Field(default=None, max_length=40)
    price: Price
    pickup_in_seconds: int = Field(ge=0)
    booked_at: AwareDatetime
    changed_at: AwareDatetime
    confirmed_by: AwareDatetime
    links: RideLinks

    @classmethod
    def from_domain(cls, rfq: Rfq, number: int, links: RideLinks) -> Self:
        """Show the ride of this number. Raises LookupError if there is none."""
        ride = rfq.ride(number)
        quote = rfq.responders[ride.responder].answer if ride else None
        if ride is None or not isinstance(quote, Quote):
            raise LookupError(number)
        return cls(
            id=ride_id(rfq.id, number),
            rfq_id=rfq.id,
            status=ride.status,
            reason=ride.reason,
            responder_id=ride.responder,
            name=quote.name,
            price=Price.from_domain(quote),
            pickup_in_seconds=quote.pickup_seconds,
            booked_at=ride.booked_at,
            changed_at=ride.changed_at,
            confirmed_by=ride.deadline,
            links=links,
        )
