"""Documents come in: each is looked at, classified, and begins its way. Use case of the documents function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_files import Gone, StagedFiles
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.object_created import ObjectCreated
from settlement.adapters.pdf_reader import HEAD_LENGTH, PdfProblem, PdfReader, is_pdf
from settlement.domain.audit import AuditEntry, Step
from settlement.domain.document import Document, Limits, received
from settlement.domain.prices import of_function
from settlement.use_cases.dangerous_work import DangerousWork, KillsWorkers
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Takes documents in. `by` is the function's name, with so much memory, for the audit trail."""

    consumer: Consumer[ObjectCreated]
    documents: DocumentTable
    trail: AuditTrail
    files: StagedFiles
    pdfs: PdfReader
    dangerous: DangerousWork
    payees: frozenset[str]
    limits: Limits
    by: str
    memory_mib: int
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Take in the documents of a Lambda SQS event, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.take_in(message)
        return batch.settle()

    def take_in(self, message: Received[ObjectCreated]) -> None:
        """Make a document in one write, after the audit trail that tells of it: twice is as once."""
        began = self.now()
        if message.data.bucket != self.files.bucket:
            raise Unprocessable("an object in another bucket")
        document = received(message.data.staged, self.payees, self.limits, began)
        if self.documents.get(document.id):
            self.logger.info("known", document_id=document.id)
            return
        if not document.ended:
            document = self._classified(document, message.attempt)
        cost = of_function((self.now() - began).total_seconds(), self.memory_mib)

        def entry(step: Step, outcome: str) -> AuditEntry:
            paid = {"cost": cost} if step == "receive" else {}
            return AuditEntry(document.id, None, step, began, self.by, outcome, **paid)

        outcome = document.reasons[0] if document.reasons else str(document.size_class)
        at_once = document.state == "quarantined" or document.reasons == ("empty",)
        entries = (
            [entry("receive", outcome)] if at_once else [entry("receive", "done"), entry("classify", outcome)]
        )
        self.trail.write(entries)
        self.documents.add(document)
        counted = "DocumentsRefused" if document.ended else "DocumentsClassified"
        self.metrics.add_metric(counted, MetricUnit.Count, 1)
        told = {"outcome": outcome, "pages": document.pages, "payee": document.payee}
        self.logger.info(document.state, document_id=document.id, extra=told)

    def _classified(self, document: Document, attempt: int) -> Document:
        """Count the pages of a document, if it is one."""
        try:
            with self.dangerous.guard(f"{document.id} count", attempt):
                if not is_pdf(self.files.head(document, HEAD_LENGTH)):
                    return document.refuse("not-a-pdf", self.now())
                with TemporaryDirectory() as directory:
                    file = Path(directory, "document.pdf")
                    self.files.fetch(document, file)
                    pages = self.pdfs.count(file)
        except Gone:
            return document.quarantine("gone", self.now())
        except PdfProblem as problem:
            return document.refuse(problem.reason, self.now())
        except KillsWorkers:
            return document.refuse("kills-workers", self.now())
        return document.classify(pages, self.limits, self.now())
