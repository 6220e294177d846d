"""Put documents with sensitive data into quarantine. Use case of the findings function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.macie_findings import SensitiveDataFound, sweep_after
from settlement.adapters.quarantine import Quarantine
from settlement.domain.audit import AuditEntry, Step
from settlement.domain.document import SENSITIVE, Document, Limits, received
from settlement.domain.sensitive import Finding
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.send import Outgoing, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Ends documents, and moves what they were away.

    Whoever works on a document meanwhile may write pages, or move it, a moment later. So everything is done again after
    `sweep_seconds`, when nobody can work on it any more. `by` is the function's name, for the audit trail.
    """

    consumer: Consumer[SensitiveDataFound]
    documents: DocumentTable
    trail: AuditTrail
    quarantine: Quarantine
    own_queue: Queue
    payees: frozenset[str]
    limits: Limits
    sweep_seconds: int
    by: str
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Take in the findings of a Lambda SQS event, each on its own."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._take_in(message)
        return batch.settle()

    def _take_in(self, message: Received[SensitiveDataFound]) -> None:
        finding = message.data.finding
        if not finding.unexpected:
            self._note(finding, "scan")
            self.logger.info("expected", document_id=finding.staged.document_id, kinds=dict(finding.kinds))
            return
        self._note(finding, "quarantine")
        document = self._ended(finding)
        moved = self.quarantine.take(document)
        pages = self.quarantine.remove_pages(document.id)
        told = {"moved": moved, "pages": pages, "kinds": dict(finding.kinds), "finding": finding.id}
        if message.data.sweep:
            self.logger.info("swept", document_id=document.id, extra=told)
            return
        sweep = sweep_after(message.data, message.metadata.occurred_at)
        self.own_queue.send([Outgoing(finding.id, sweep, delay=self.sweep_seconds)])
        self.metrics.add_metric("SensitiveDocuments", MetricUnit.Count, 1)
        self.logger.warning(
            "quarantined",
            document_id=document.id,
            state=document.state,
            decision=document.decision,
            extra=told,
        )

    def _note(self, finding: Finding, step: Step) -> None:
        entry = AuditEntry(finding.staged.document_id, None, step, self.now(), self.by, finding.told)
        self.trail.write([entry])

    def _ended(self, finding: Finding) -> Document:
        """End the document in quarantine, if it has not ended. One that nobody has told of yet is made, and so ended for all."""
        now = self.now()
        new = received(finding.staged, self.payees, self.limits, now).quarantine(SENSITIVE, now)
        known = self.documents.get(new.id) or self.documents.add(new)
        return self.documents.change(new.id, lambda found: found.quarantine(SENSITIVE, now), known).after
