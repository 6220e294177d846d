"""The events that changes of conversations and ratings announce. No I/O.

Event ids are derived from what happened: the same change, announced twice, gives the same events.
"""

from collections.abc import Iterator

from feedback.domain.conversation import Conversation
from feedback.domain.rating import RatedScore
from wild_rydes_contracts import (
    CallbackRequested,
    Envelope,
    Event,
    FeedbackExpired,
    FeedbackReceived,
    FeedbackRequested,
    Rating,
)
from wild_rydes_contracts.metadata import first_of


def events_of(before: Conversation | None, after: Conversation) -> Iterator[Envelope[Event]]:
    """Announce a change of a conversation. Its score is announced apart, by `score_received`."""
    about = {
        "ride_id": after.ride_id,
        "responder_id": after.responder_id,
        "customer_id": after.customer_id,
    }
    conversation = after.correlation_id
    if after.asked_at and not (before and before.asked_at):
        yield Envelope(
            metadata=first_of(FeedbackRequested, correlation_id=conversation, occurred_at=after.asked_at),
            data=FeedbackRequested(**about, requested_at=after.asked_at),
        )
    if not after.ended_at or (before and before.ended_at):
        return
    if after.call_wanted and after.score is not None:
        yield Envelope(
            metadata=first_of(CallbackRequested, correlation_id=conversation, occurred_at=after.ended_at),
            data=CallbackRequested(**about, score=after.score, requested_at=after.ended_at),
        )
    elif after.asked_at and after.ending and after.ending != "answered":
        yield Envelope(
            metadata=first_of(FeedbackExpired, correlation_id=conversation, occurred_at=after.ended_at),
            data=FeedbackExpired(**about, reason=after.ending, expired_at=after.ended_at),
        )


def score_received(rated: RatedScore) -> Envelope[Event]:
    """Announce a score, with the responder's new rating."""
    return Envelope(
        metadata=first_of(
            FeedbackReceived, correlation_id=rated.correlation_id, occurred_at=rated.answered_at
        ),
        data=FeedbackReceived(
            ride_id=rated.ride_id,
            responder_id=rated.responder_id,
            customer_id=rated.customer_id,
            score=rated.score,
            rating=Rating(count=rated.count, total=rated.total),
            received_at=rated.answered_at,
        ),
    )
