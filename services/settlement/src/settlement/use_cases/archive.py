"""Documents that have ended are archived, and their batches reported. Use case of the archive function."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.archive import Archive, Changed
from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.audit import AuditEntry
from settlement.domain.document import Document
from settlement.domain.prices import of_function
from settlement.domain.reading_work import ArchiveDue
from settlement.domain.report import Row, merged, row_of
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.errors import RetryLater, Unprocessable

_TRIES: Final = 10
_PAUSE: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Archiving:
    """Copies originals, and rewrites the reports of their batches: once for each batch, whatever comes together."""

    consumer: Consumer[ArchiveDue]
    documents: DocumentTable
    settlements: SettlementTable
    trail: AuditTrail
    archive: Archive
    by: str
    memory_mib: int
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Archive the documents of a Lambda SQS event."""
        batch = self.consumer.receive(event)
        batches: defaultdict[tuple[str, str], list[tuple[Received[ArchiveDue], Row]]] = defaultdict(list)
        for message in batch:
            with batch.attempt(message):
                document = self._ended(message.data.document_id)
                row = self._archive(document)
                if document.payee and document.batch:
                    batches[document.payee, document.batch].append((message, row))
        for (payee, name), archived in batches.items():
            with batch.attempt(*(message for message, _ in archived)):
                self._report(payee, name, [row for _, row in archived])
        return batch.settle()

    def take(self, document_id: str) -> None:
        """Archive one document, and report it. Raises Unprocessable if there is none that has ended, and RetryLater."""
        document = self._ended(document_id)
        row = self._archive(document)
        if document.payee and document.batch:
            self._report(document.payee, document.batch, [row])

    def _ended(self, document_id: str) -> Document:
        document = self.documents.get(document_id)
        if document is None or not document.ended:
            raise Unprocessable("there is no such document that has ended")
        return document

    def _archive(self, document: Document) -> Row:
        began = self.now()
        kept = not document.is_sensitive and self.archive.keep(document)
        cost = of_function((self.now() - began).total_seconds(), self.memory_mib)
        outcome = "done" if kept else "withheld" if document.is_sensitive else "gone"
        self.trail.write([AuditEntry(document.id, None, "archive", began, self.by, outcome, cost)])
        trail = self.trail.now(document.id, document.pages)
        settlement = self.settlements.get(document.id) if document.decision else None
        row = row_of(document, settlement, trail)
        self.archive.note(document, {**row, "trail": [_entry(entry) for entry in trail]})
        self.metrics.add_metric("DocumentsArchived", MetricUnit.Count, 1)
        self.logger.info("archived", document_id=document.id, outcome=outcome)
        return row

    def _report(self, payee: str, batch: str, rows: Sequence[Row]) -> None:
        """Write the report with these rows, all that it had, and those documents that are still on their way.

        Raises RetryLater when others write it each time.
        """
        under_way = [
            row_of(each, None, ()) for each in self.documents.of_batch(payee, batch) if not each.ended
        ]
        for _ in range(_TRIES):
            there, version = self.archive.report(payee, batch)
            try:
                self.archive.rewrite(payee, batch, merged(payee, batch, rows, there, under_way), version)
            except Changed:
                continue
            self.logger.info("reported", payee=payee, batch=batch, documents=len(rows))
            return
        raise RetryLater(_PAUSE)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    page = {} if entry.page is None else {"page": entry.page}
    return {
        "step": entry.step,
        **page,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "outcome": entry.outcome,
        "dollars": str(entry.cost),
    }
