"""Turn the changes in the table's stream into messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import from_item, is_rfq
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.domain.announcements import events_of, timers_of
from ride_booking.domain.deadline import Timer
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.service_level import outcome
from wild_rydes_contracts import Envelope, Event
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.errors import Unprocessable, describe
from wild_rydes_messaging.parking import about
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Outgoing, Queue
from wild_rydes_messaging.stream import StreamConsumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Announces RFQs and the steps of their rides on the bus, and sets the timers of their deadlines.

    Also writes the status documents that customers have asked for, best effort: the announcements of a batch
    never wait for them, and those of the next one for a few seconds at most. Message ids are derived from what happened, so that a batch handled twice sends the same messages
    again.
    """

    consumer: StreamConsumer
    publisher: Publisher
    deadlines: Queue
    documents: StatusDocuments
    reply_to: str
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> None:
        """Announce the changes in a batch of stream records.

        Raises DeliveryError if a message is not accepted, and botocore's errors if one cannot be parked: the
        stream then delivers the whole batch again.
        """
        timers: list[Timer] = []
        events: list[Envelope[Event]] = []
        documents: dict[str, Rfq] = {}
        over: list[Rfq] = []
        batch = self.consumer.receive(event)
        for record in batch:
            with batch.attempt(record):
                if record.after is None or not is_rfq(record.key):
                    continue  # the item has expired, or is none of an RFQ
                old = None if record.before is None else from_item(record.before)
                new = from_item(record.after)
                announced = list(events_of(old, new, self.reply_to))
                timers += timers_of(old, new, self.now())
                events += announced
                if old and new.completed_since(old):
                    over.append(new)
                if new.document:
                    documents[new.id] = new  # the last state in the batch
        # The timers first: even an RFQ that is never announced must end.
        self._schedule(timers)
        self.publisher.publish(events)
        for rfq in over:
            self._judge(rfq)
        batch.settle()
        self._document([*documents.values()])

    def _schedule(self, timers: Sequence[Timer]) -> None:
        """Set timers. One that is refused for what it is is parked: it must not hold up those behind it."""
        try:
            receipts = self.deadlines.send([_outgoing(timer) for timer in timers])
        except DeliveryError as error:
            if not all(receipt.invalid for receipt in error.failed):
                raise
            receipts = error.receipts
        for timer, receipt in zip(timers, receipts, strict=True):
            if receipt.error:
                refused = receipt.cause or Unprocessable(f"timer refused: {receipt.error}")
                self.consumer.parking_lot.park_message(timer.message, refused, queue=self.deadlines.name)
            else:
                self.logger.info("scheduled", extra={**about(timer.message), "delay": timer.delay})

    def _document(self, rfqs: Sequence[Rfq]) -> None:
        """Write documents for a bounded time. The API tells as much as one that is not written."""
        for rfq_id, error in self.documents.write_all(rfqs, self.now).items():
            self.logger.error("no status document", correlation_id=rfq_id, extra=describe(error))
            self.metrics.add_metric("StatusDocumentsFailed", MetricUnit.Count, 1)

    def _judge(self, rfq: Rfq) -> None:
        """Log how an RFQ went, and count it: completions by their kind, and what objectives go by.

        The publisher counts all events by their name.
        """
        went = outcome(rfq, self.now())
        if went is None or rfq.completion is None:
            return
        counts = rfq.counts()
        self.logger.info(
            "rfq over",
            correlation_id=rfq.id,
            extra={
                "completed_by": rfq.completion.by,
                "rfq_ms": went.took_ms,
                "first_quote_ms": went.first_quote_ms,
                "last_quote_ms": went.last_quote_ms,
                "asked": counts.asked,
                "quoted": counts.quoted,
                "declined": counts.declined,
                "silent": counts.silent,
            },
        )
        kind = rfq.completion.by.title().replace("-", "")
        counted = {
            f"RfqCompletedBy{kind}": True,
            "RfqsCompletedLate": went.late,
            "FirstQuotesDue": went.quote_due,
            "FirstQuotesMissed": went.quote_missed,
        }
        for name in [name for name, so in counted.items() if so]:
            self.metrics.add_metric(name, MetricUnit.Count, 1)


def _outgoing(timer: Timer) -> Outgoing:
    return Outgoing(str(timer.message.metadata.event_id), timer.message, delay=timer.delay)
