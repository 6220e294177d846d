"""Tell what becomes of documents: whoever reads them, the bus, people, and the archive. Use case of the outcomes function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.document_table import DOCUMENT, document_from
from settlement.adapters.executions import Executions
from settlement.adapters.reviews import Reviews
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.announcements import event_of
from settlement.domain.document import Document
from settlement.domain.reading_work import ArchiveDue, ReadingDue
from wild_rydes_contracts import Envelope, Event
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Outgoing, Queue
from wild_rydes_messaging.stream import StreamConsumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Handles documents that are rendered, or have ended."""

    consumer: StreamConsumer
    publisher: Publisher
    settlements: SettlementTable
    executions: Executions
    reviews: Reviews
    archive: Queue
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> None:
        """Tell of the changes in a Lambda stream event.

        Raises DeliveryError and botocore's errors for trouble that passes: the stream then brings the whole batch again,
        and all is told again under the same ids.
        """
        batch = self.consumer.receive(event)
        events: list[Envelope[Event]] = []
        ended: list[Document] = []
        for record in batch:
            with batch.attempt(record):
                if record.after is None or not record.key.startswith(DOCUMENT):
                    continue
                after = document_from(record.after)
                if record.before and document_from(record.before).state == after.state:
                    continue
                if after.state == "rendered":
                    self._begin(after)
                elif after.ended:
                    events += self._told(after)
                    ended.append(after)
        if events:
            self.publisher.publish(events)
        if ended:
            self.archive.send([Outgoing(document.id, _archive_due(document)) for document in ended])
        batch.settle()
        for document in ended:
            outcome = document.decision or document.state
            self.metrics.add_metric(f"Documents{outcome.title()}", MetricUnit.Count, 1)

    def _begin(self, document: Document) -> None:
        metadata = first_of(ReadingDue, correlation_id=document.id, occurred_at=document.received_at)
        begun = self.executions.start(document.id, metadata)
        self.logger.info("begun" if begun else "begun before", document_id=document.id)

    def _told(self, document: Document) -> list[Envelope[Event]]:
        settlement = self.settlements.get(document.id) if document.decision else None
        event = event_of(document, settlement) if settlement else None
        if event is None:
            self.reviews.ask(document)
        self.logger.info(
            "ended",
            document_id=document.id,
            outcome=document.decision or document.state,
            reasons=list(document.reasons),
        )
        return [event] if event else []


def _archive_due(document: Document) -> Envelope[ArchiveDue]:
    at = document.ended_at or document.received_at
    return Envelope(
        metadata=first_of(ArchiveDue, correlation_id=document.id, occurred_at=at),
        data=ArchiveDue(document_id=document.id),
    )
