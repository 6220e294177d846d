"""Documents become pages: split into a file for each, and drawn for people. Use case of the workers of all size classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_files import Gone, Kind, PageFiles, StagedFiles
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.pdf_reader import PdfProblem, PdfReader
from settlement.domain.audit import AuditEntry
from settlement.domain.document import Document
from settlement.domain.page_work import PageWork, is_due
from settlement.domain.prices import of_function, shared
from settlement.use_cases.dangerous_work import DangerousWork, KillsWorkers
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.errors import Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Takes steps with parts of documents. `by` is the function's name, with so much memory, for the audit trail."""

    consumer: Consumer[PageWork]
    documents: DocumentTable
    trail: AuditTrail
    files: StagedFiles
    pages: PageFiles
    pdfs: PdfReader
    dangerous: DangerousWork
    by: str
    memory_mib: int
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Work on the messages of a Lambda SQS event, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.work(message)
        return batch.settle()

    def work(self, message: Received[PageWork]) -> None:
        """Take a step with a part. Pages are written again under the same keys, so twice is as once."""
        work, began = message.data, self.now()
        document = self.documents.get(work.document_id)
        if document is None:
            raise Unprocessable("there is no such document")
        if not is_due(document, work):
            self.logger.info("dropped: it is done", step=work.step, part=work.part, state=document.state)
            return
        try:
            with self.dangerous.guard(f"{document.id} {work.step} {work.part}", message.attempt):
                self._take_step(document, work)
        except Gone:
            self._end(document, work, began, "gone", lambda found: found.quarantine("gone", self.now()))
        except KillsWorkers:
            why = "kills-workers"
            self._end(document, work, began, why, lambda found: found.refuse("kills-workers", self.now()))
        except PdfProblem as problem:
            reason = problem.reason
            self._end(document, work, began, reason, lambda found: found.refuse(reason, self.now()))
        else:
            self._done(document, work, began)

    def _take_step(self, document: Document, work: PageWork) -> None:
        numbers = document.pages_of(work.part)
        with TemporaryDirectory() as name:
            directory = Path(name)
            if work.step == "split":
                file = directory / "document.pdf"
                self.files.fetch(document, file)
                self.pdfs.split(file, directory, numbers)
                kind: Kind = "pdf"
            else:
                for number in numbers:
                    self.pages.fetch(document.id, number, "pdf", directory / f"{number}.pdf")
                self.pdfs.render(directory, numbers)
                kind = "png"
            for number in numbers:
                self.pages.put(document.id, number, kind, directory / f"{number}.{kind}")

    def _done(self, document: Document, work: PageWork, began: datetime) -> None:
        """Note that a part is done: in the audit trail, and then in the document, which may come into another state."""
        numbers = document.pages_of(work.part)
        cost = shared(self._cost(began), len(numbers))
        self.trail.write(
            AuditEntry(document.id, number, work.step, self.now(), self.by, "done", cost)
            for number in numbers
        )

        def rule(found: Document) -> Document:
            return found.split(work.part) if work.step == "split" else found.render(work.part)

        change = self.documents.change(document.id, rule, known=document)
        after = change.after
        if after.state == "rendered" and change.before.state != "rendered":
            self.metrics.add_metric("DocumentsRendered", MetricUnit.Count, 1)
        done = {"step": work.step, "part": work.part, "pages": len(numbers), "state": after.state}
        self.logger.info("part done", extra=done)

    def _end(
        self,
        document: Document,
        work: PageWork,
        began: datetime,
        reason: str,
        rule: Callable[[Document], Document],
    ) -> None:
        entry = AuditEntry(document.id, None, work.step, self.now(), self.by, reason, self._cost(began))
        self.trail.write([entry])
        after = self.documents.change(document.id, rule, known=document).after
        self.metrics.add_metric("DocumentsRefused", MetricUnit.Count, 1)
        self.logger.warning(after.state, step=work.step, part=work.part, reason=reason)

    def _cost(self, began: datetime) -> Decimal:
        return of_function((self.now() - began).total_seconds(), self.memory_mib)
