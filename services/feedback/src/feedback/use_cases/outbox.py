"""The outbox: what the table's stream tells of a conversation becomes events. Use case of the publisher function."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from feedback.adapters import feedback_items as items
from feedback.adapters.feedback_table import FeedbackTable
from feedback.domain.conversation import Conversation
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
from wild_rydes_dynamodb import instants
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.stream import StreamConsumer


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Publishes what a change says, and adds each new score to its responder's.

    A score is told by the responder's own item, once the score is in it: so the event carries the new rating, and says
    the same however often it is told. Event ids are derived from what happened.
    """

    consumer: StreamConsumer
    publisher: Publisher
    table: FeedbackTable
    logger: Logger

    def handle(self, event: Mapping[str, Any]) -> None:
        """Tell what a batch of stream records says.

        Raises DeliveryError when an event was not accepted, TableBusy and botocore's errors when a score cannot be added or
        a record not be parked: the stream then brings the whole batch again.
        """
        batch = self.consumer.receive(event)
        events: list[Envelope[Event]] = []
        scored: list[Conversation] = []
        for record in batch:
            if record.after is None:  # expired
                continue
            with batch.attempt(record):
                if record.key.startswith("responder#"):
                    events.append(_received(record.after))
                elif record.key.startswith("ride#"):
                    after = items.to_conversation(record.after)
                    before = items.to_conversation(record.before) if record.before else None
                    events += list(_told(before, after))
                    if after.score is not None and (before is None or before.score is None):
                        scored.append(after)
        if events:
            self.publisher.publish(events)
        for conversation in scored:
            self._tally(conversation)
        batch.settle()
        self.logger.info("told", records=len(batch), events=len(events))

    def _tally(self, conversation: Conversation) -> None:
        added = self.table.tally(conversation)
        self.logger.info(
            "tallied" if added else "tallied before",
            correlation_id=conversation.correlation_id,
            ride_id=conversation.ride_id,
        )


def _told(before: Conversation | None, after: Conversation) -> Iterator[Envelope[Event]]:
    """What a change of a conversation tells the world."""
    about = {
        "ride_id": after.ride_id,
        "responder_id": after.responder_id,
        "customer_id": after.customer_id,
    }
    if after.asked_at and not (before and before.asked_at):
        yield Envelope(
            metadata=first_of(
                FeedbackRequested, correlation_id=after.correlation_id, occurred_at=after.asked_at
            ),
            data=FeedbackRequested(**about, requested_at=after.asked_at),
        )
    if not after.ended_at or (before and before.ended_at):
        return
    if after.call_wanted and after.score is not None:
        yield Envelope(
            metadata=first_of(
                CallbackRequested, correlation_id=after.correlation_id, occurred_at=after.ended_at
            ),
            data=CallbackRequested(**about, score=after.score, requested_at=after.ended_at),
        )
    elif after.asked_at and after.ending and after.ending != "answered":
        yield Envelope(
            metadata=first_of(
                FeedbackExpired, correlation_id=after.correlation_id, occurred_at=after.ended_at
            ),
            data=FeedbackExpired(**about, reason=after.ending, expired_at=after.ended_at),
        )


def _received(responder: items.Item) -> Envelope[Event]:
    """The score that was last added to a responder's."""
    latest = responder["latest"]["M"]
    received_at = instants.from_number(latest["answered_at"])
    data = FeedbackReceived(
        ride_id=latest["ride_id"]["S"],
        responder_id=responder["id"]["S"].removeprefix("responder#"),
        customer_id=latest["customer_id"]["S"],
        score=int(latest["score"]["N"]),
        rating=Rating(count=int(responder["scores"]["N"]), total=int(responder["total"]["N"])),
        received_at=received_at,
    )
    metadata = first_of(
        FeedbackReceived, correlation_id=latest["correlation_id"]["S"], occurred_at=received_at
    )
    return Envelope(metadata=metadata, data=data)
