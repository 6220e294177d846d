"""What goes over the RFQ socket: the state at the subscription, and every change from then on.

Each message carries the RFQ's `revision`. Changes may come twice, and before the snapshot: a client ignores what is not
newer than what it has.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, Field

from ride_booking.api.rfq_representations import QuoteBody, quotes_of
from ride_booking.domain.rfq import CompletedBy, Rfq, Status
from ride_booking.domain.ride import RideStatus, ride_id
from wild_rydes_http.body import Representation


class Subscription(Representation):
    """What a client sends: watch an RFQ and its rides, or no longer. One of the two ids is enough."""

    action: Literal["subscribe", "unsubscribe"]
    rfq_id: str | None = Field(default=None, max_length=64)
    ride_id: str | None = Field(default=None, max_length=80)


class RideState(Representation):
    """How a ride stands."""

    id: str
    status: RideStatus
    reason: str | None = None
    responder_id: str
    changed_at: AwareDatetime


class State(Representation):
    """What a client needs to know of an RFQ, or what has changed of it: `quotes` and `rides` are the new ones then."""

    type: Literal["snapshot", "update"]
    rfq_id: str
    revision: int = Field(ge=0)
    status: Status
    completed_by: CompletedBy | None = None
    quotes: tuple[QuoteBody, ...]
    rides: tuple[RideState, ...]

    @classmethod
    def snapshot(cls, rfq: Rfq) -> Self:
        """All that is known."""
        return cls._from_domain("snapshot", rfq, quotes_of(rfq), _rides(rfq))

    @classmethod
    def update(cls, old: Rfq, new: Rfq) -> Self | None:
        """What a write has changed, if a customer sees any of it."""
        quoted, ridden = set(quotes_of(old)), set(_rides(old))
        quotes = tuple(quote for quote in quotes_of(new) if quote not in quoted)
        rides = tuple(ride for ride in _rides(new) if ride not in ridden)
        if not quotes and not rides and old.completion == new.completion:
            return None
        return cls._from_domain("update", new, quotes, rides)

    @classmethod
    def _from_domain(
        cls,
        type_: Literal["snapshot", "update"],
        rfq: Rfq,
        quotes: tuple[QuoteBody, ...],
        rides: tuple[RideState, ...],
    ) -> Self:
        return cls(
            type=type_,
            rfq_id=rfq.id,
            revision=rfq.revision,
            status=rfq.status,
            completed_by=rfq.completion.by if rfq.completion else None,
            quotes=quotes,
            rides=rides,
        )


class SubscriptionRefused(Representation):
    """A subscription that is not granted, or a message that is none."""

    type: Literal["refused"] = "refused"
    rfq_id: str | None = None
    reason: Literal["no-such-rfq", "too-many-watchers", "not-understood", "token-expired", "try-again"]


def to_text(message: Representation) -> str:
    """The message as it is sent."""
    return message.model_dump_json(by_alias=True, exclude_none=True)


def _rides(rfq: Rfq) -> tuple[RideState, ...]:
    return tuple(
        RideState(
            id=ride_id(rfq.id, number),
            status=ride.status,
            reason=ride.reason,
            responder_id=ride.responder,
            changed_at=ride.changed_at,
        )
        for number, ride in enumerate(rfq.rides, start=1)
    )
