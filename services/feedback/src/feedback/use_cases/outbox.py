"""Announce what was written. Use case of the outbox function."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters import feedback_items as items
from feedback.adapters.feedback_table import FeedbackTable
from feedback.domain.announcements import events_of, score_rated
from feedback.domain.conversation import Conversation
from feedback.domain.figures import gained
from feedback.domain.rating import next_step
from wild_rydes_contracts import Envelope, Event
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.stream import Record, StreamConsumer


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Publishes the events of each change, counts it, and has responders' ratings take in each new score.

    A score is announced by the responder's own item, once the rating has taken it in. So the event carries the new
    rating, and says the same however often it is published. Each step writes the conversation, too, which brings it
    back here until its rating has taken in everything.
    """

    consumer: StreamConsumer
    publisher: Publisher
    table: FeedbackTable
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> None:
        """Announce the changes in a Lambda stream event.

        Raises DeliveryError if an event was not accepted, TableBusy and botocore's errors if a score cannot be
        added for now, or a record not be parked: the stream then brings the whole batch again.
        """
        batch = self.consumer.receive(event)
        events: list[Envelope[Event]] = []
        scored: list[tuple[Record, Conversation]] = []
        figures: Counter[str] = Counter()
        for record in batch:
            if record.after is None:  # expired
                continue
            with batch.attempt(record):
                if record.key.startswith("responder#"):
                    events.append(score_rated(items.to_rated_score(record.after)))
                elif record.key.startswith("ride#"):
                    after = items.to_conversation(record.after)
                    before = items.to_conversation(record.before) if record.before else None
                    events += list(events_of(before, after))
                    figures.update(gained(before, after))
                    if (step := next_step(after)) and step != (before and next_step(before)):
                        scored.append((record, after))
        if events:
            self.publisher.publish(events)
        for record, conversation in scored:
            with batch.attempt(record):
                self._tally(conversation)
        batch.settle()
        for name, count in figures.items():  # last: a batch that comes again has counted nothing yet
            self.metrics.add_metric(name, MetricUnit.Count, count)
        self.logger.info("told", records=len(batch), events=len(events))

    def _tally(self, conversation: Conversation) -> None:
        added = self.table.tally(conversation)
        self.logger.info(
            "tallied" if added else "tallied before",
            correlation_id=conversation.correlation_id,
            ride_id=conversation.ride_id,
        )
