"""The events that changes of conversations and ratings announce. No I/O.

Event ids are derived from what happened: the same change, announced twice, gives the same events.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from feedback.domain.conversation import Conversation
from feedback.domain.rating import RatedScore
from wild_rydes_contracts import (
    CallbackDone,
    CallbackRequested,
    Envelope,
    Event,
    FeedbackCorrected,
    FeedbackExpired,
    FeedbackReceived,
    FeedbackRequested,
    Rating,
)
from wild_rydes_contracts.metadata import first_of


def events_of(before: Conversation | None, after: Conversation) -> Iterator[Envelope[Event]]:
    """Announce a change of a conversation. Its scores are announced apart, by `score_rated`."""
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
    if after.ended_at and not (before and before.ended_at):
        yield from _ended(after, after.ended_at, about)
    call = after.call
    if call and call.closed_at and call.outcome and not (before and before.call and before.call.closed_at):
        yield Envelope(
            metadata=first_of(CallbackDone, correlation_id=conversation, occurred_at=call.closed_at),
            data=CallbackDone(**about, outcome=call.outcome, done_at=call.closed_at),
        )


def _ended(after: Conversation, ended_at: datetime, about: Mapping[str, str]) -> Iterator[Envelope[Event]]:
    if after.call and after.score is not None:
        yield Envelope(
            metadata=first_of(CallbackRequested, correlation_id=after.correlation_id, occurred_at=ended_at),
            data=CallbackRequested(**about, score=after.score, requested_at=ended_at),
        )
    elif after.asked_at and after.ending and after.ending != "answered":
        yield Envelope(
            metadata=first_of(FeedbackExpired, correlation_id=after.correlation_id, occurred_at=ended_at),
            data=FeedbackExpired(**about, reason=after.ending, expired_at=ended_at),
        )


def score_rated(rated: RatedScore) -> Envelope[Event]:
    """Announce a score that a rating has taken in: as given, or as corrected."""
    about = {
        "ride_id": rated.ride_id,
        "responder_id": rated.responder_id,
        "customer_id": rated.customer_id,
        "score": rated.score,
        "rating": Rating(count=rated.count, total=rated.total) if rated.count else None,
        "rating_revision": rated.revision,
    }
    if rated.number == 1:
        return Envelope(
            metadata=first_of(FeedbackReceived, correlation_id=rated.correlation_id, occurred_at=rated.at),
            data=FeedbackReceived(**about, received_at=rated.at),
        )
    return Envelope(
        metadata=first_of(
            FeedbackCorrected,
            correlation_id=rated.correlation_id,
            occurred_at=rated.at,
            distinct=f"{rated.ride_id}/{rated.number}",
        ),
        data=FeedbackCorrected(**about, corrected_at=rated.at),
    )
