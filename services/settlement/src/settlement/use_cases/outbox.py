"""Send what changes of documents make due: work on their pages. Use case of the outbox function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from settlement.adapters.document_table import DOCUMENT, document_from
from settlement.adapters.page_queues import PageQueues
from settlement.domain.document import SIZE_CLASSES, SizeClass
from settlement.domain.page_work import PageWork, work_due
from wild_rydes_contracts import Envelope
from wild_rydes_messaging.stream import StreamConsumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Sends work to the queues of the size classes."""

    consumer: StreamConsumer
    queues: PageQueues
    logger: Logger

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a Lambda stream event makes due. A batch that comes twice sends the same messages twice.

        Raises DeliveryError if a queue does not take a message for now, and botocore's errors if one cannot be parked:
        the stream then brings the whole batch again.
        """
        batch = self.consumer.receive(event)
        due: dict[SizeClass, list[Envelope[PageWork]]] = {each: [] for each in SIZE_CLASSES}
        for record in batch:
            with batch.attempt(record):
                if record.after is None or not record.key.startswith(DOCUMENT):
                    continue  # the document has expired, or it is none
                document = document_from(record.after)
                before = document_from(record.before) if record.before else None
                if document.size_class:
                    due[document.size_class] += work_due(before, document)
        for size_class, work in due.items():
            if work:
                self._send(size_class, work)
        batch.settle()

    def _send(self, size_class: SizeClass, work: list[Envelope[PageWork]]) -> None:
        refused = self.queues.send(size_class, work)
        for each in work:
            if error := refused.get(each.metadata.event_id):
                self.consumer.parking_lot.park_message(each, error, queue=f"pages of {size_class} documents")
        sent = len(work) - len(refused)
        documents = sorted({each.data.document_id for each in work})
        self.logger.info("sent", size_class=size_class, messages=sent, document_ids=documents)
