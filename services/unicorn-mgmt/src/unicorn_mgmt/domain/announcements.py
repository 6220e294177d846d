"""What a change of a unicorn or an invitation tells the world.

Ids of messages are derived from what happened: the same change, announced twice, gives the same messages.
"""

from datetime import datetime

from unicorn_mgmt.domain.invitation import Invitation
from unicorn_mgmt.domain.quoting import answer_by_hand
from unicorn_mgmt.domain.unicorn import Rejection, Ride, Unicorn
from wild_rydes_contracts import (
    Envelope,
    Event,
    Message,
    Metadata,
    RfqRequested,
    RfqResponse,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.metadata import caused_by, first_of

CANCELLED = "cancelled-by-unicorn"


def events_of(before: Unicorn, after: Unicorn) -> list[Envelope[Event]]:
    """Tell the bus that a ride has begun or ended, unless it ended with its booking: that end is known."""
    if ride := ride_begun(before, after):
        confirmed = RideConfirmed(ride_id=ride.id, rfq_id=ride.rfq_id, responder_id=after.id)
        return [_event(confirmed, ride.rfq_id, ride.since)]
    if before.ride and after.ride is None:
        return _ended(before.ride, after)
    return []


def ride_begun(before: Unicorn, after: Unicorn) -> Ride | None:
    """Return the ride that a free unicorn has taken, if it has taken one."""
    return after.ride if before.ride is None else None


def rejected(rejection: Rejection) -> Envelope[Event]:
    """Tell the bus that a responder does not take a ride."""
    event = RideRejected(
        ride_id=rejection.ride_id,
        rfq_id=rejection.rfq_id,
        responder_id=rejection.responder_id,
        reason=rejection.reason,
    )
    return _event(event, rejection.rfq_id, rejection.at)


def answers_of(before: Invitation, after: Invitation, now: datetime) -> list[Envelope[Message]]:
    """Answer the RFQ with each new answer of an invitation, in a message of its own."""
    cause = Metadata(
        event_id=after.cause,
        event_version=RfqRequested.version,
        occurred_at=after.caused_at,
        correlation_id=after.correlation_id,
    )
    return [
        Envelope(
            metadata=caused_by(cause, RfqResponse, occurred_at=now, distinct=unicorn_id),
            data=RfqResponse(answers=(answer_by_hand(unicorn_id, after),)),
        )
        for unicorn_id in sorted(after.answers.keys() - before.answers.keys())
    ]


def _ended(ride: Ride, unicorn: Unicorn) -> list[Envelope[Event]]:
    ending = unicorn.recent[ride.id]
    match ending.outcome:
        case "completed":
            completed = RideCompleted(
                ride_id=ride.id,
                rfq_id=ride.rfq_id,
                responder_id=unicorn.id,
                customer_id=ride.customer_id,
                completed_at=ending.at,
                time_zone=ride.time_zone,
            )
            return [_event(completed, ride.rfq_id, ending.at)]
        case "cancelled":
            return [rejected(Rejection(ride.id, ride.rfq_id, unicorn.id, CANCELLED, ending.at))]
        case "released":
            return []


def _event(event: Event, rfq_id: str, at: datetime) -> Envelope[Event]:
    return Envelope(metadata=first_of(type(event), correlation_id=rfq_id, occurred_at=at), data=event)
