"""The messages of the RFQ socket: subscriptions, a snapshot in answer to each, and every change from then on.

Snapshots and updates carry the RFQ's `revision`. An update may be lost with its line, arrive twice, or before the
snapshot. A client takes a snapshot as it is, and then the updates of higher revisions, those from before it, too.
"""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from ride_booking.api.quote_representations import QuoteBody, quotes_of
from ride_booking.domain.rfq import CompletedBy, Rfq, Status
from ride_booking.domain.ride import RideStatus, ride_id
from wild_rydes_http.body import Representation

MAX_BYTES = 128 * 1024
"""The largest message that API Gateway sends over a socket.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


class Subscription(Representation):
    """Starts or stops watching an RFQ and its rides.

    Name the RFQ by its own id or by the id of one of its rides.
    """

    action: Literal["subscribe", "unsubscribe"]
    rfq_id: str | None = Field(default=None, max_length=64)
    ride_id: str | None = Field(default=None, max_length=80)


class RideState(Representation):
    """The status of a ride."""

    id: str
    status: RideStatus
    reason: str | None = None
    responder_id: str
    changed_at: AwareDatetime


class State(Representation):
    """The state of an RFQ. In an update, `quotes` and `rides` hold only what is new or changed."""

    type: Literal["snapshot", "update"]
    rfq_id: str
    revision: int = Field(ge=0)
    status: Status
    completed_by: CompletedBy | None = None
    quotes: tuple[QuoteBody, ...]
    quotes_left_out: int | None = Field(
        default=None, ge=1, description="How many of the dearest quotes the message has no room for."
    )
    rides: tuple[RideState, ...]

    @classmethod
    def snapshot(cls, rfq: Rfq, now: datetime) -> Self:
        """Show the whole state of an RFQ, as it is `now`: quotes that have expired come last."""
        return cls._from_domain("snapshot", rfq, quotes_of(rfq, now), _rides(rfq))

    @classmethod
    def update(cls, old: Rfq, new: Rfq) -> Self | None:
        """Show what changed from `old` to `new`; None if a customer sees none of it."""
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
    """The subscription was refused or has ended, or the message was not understood.

    `subscribe-again`: a newer connection has taken the places of all that watched. Whoever still does subscribes
    again after five seconds.
    """

    type: Literal["refused"] = "refused"
    rfq_id: str | None = None
    reason: Literal["no-such-rfq", "subscribe-again", "not-understood", "token-expired", "try-again"]


def to_text(message: Representation) -> str:
    """Serialize a message. A state that is too large leaves out its dearest quotes, and says how many."""
    text = message.model_dump_json(by_alias=True, exclude_none=True)
    while isinstance(message, State) and len(text.encode()) > MAX_BYTES:
        kept = message.quotes[: len(message.quotes) // 2]
        left_out = (message.quotes_left_out or 0) + len(message.quotes) - len(kept)
        message = message.model_copy(update={"quotes": kept, "quotes_left_out": left_out})
        text = message.model_dump_json(by_alias=True, exclude_none=True)
    return text


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
