"""Read a document that Textract has looked at, and have it decided. Part of the decisions and failsafe functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.reading_table import MOST_JOBS, ReadingTable
from settlement.adapters.textract import Job, Refused, Textract
from settlement.domain.audit import AuditEntry
from settlement.domain.document import Document
from settlement.domain.prices import of_function, prices
from settlement.domain.reading import read
from settlement.use_cases.decider import Decider
from wild_rydes_messaging.consume import RetryLater

REFUSED: Final = "textract-refused"
UNREAD: Final = "textract-failed"
"""Reasons why a person has to read a document: Textract does not take it, or finds nothing in it."""

_PAUSE: Final = 5.0
"""Seconds between two looks at a job that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Takes a rendered document to its decision. `by` is the function, with so much memory, for the audit trail."""

    documents: DocumentTable
    readings: ReadingTable
    textract: Textract
    trail: AuditTrail
    decider: Decider
    by: str
    memory_mib: int
    now: Callable[[], datetime]

    def take(self, document: Document) -> Document:
        """End a document, by what Textract says of it. One that has ended stays as it is.

        Raises RetryLater while a job runs, or while another invoice holds what this one wants, and botocore's errors.
        """
        began = self.now()
        if document.ended:
            self._note_decision(document, began)
            return self.decider.let_go(document)
        document = self.documents.change(document.id, lambda found: found.read(), known=document).after
        reading = self.readings.get(document.id)
        try:
            # The same job as ever, so there is no need to know its id, nor that somebody has started it.
            job = self.textract.look(self.textract.start(document, reading.attempt))
        except Refused:
            return self._for_people(document, REFUSED, began)
        if job.runs:
            raise RetryLater(_PAUSE)
        if job.failed and reading.attempt < MOST_JOBS:
            self.readings.next(document.id, reading.attempt, began)
            raise RetryLater(_PAUSE)
        if job.failed:
            return self._for_people(document, UNREAD, began)
        try:
            invoice = read(job.blocks, job.missing)
        except (ValidationError, ArithmeticError):
            return self._for_people(document, UNREAD, began)
        self._note_pages(document, job, reading.attempt)
        after = self.decider.decide(document, invoice)
        self._note_decision(after, began)
        return after

    def give_up(self, document: Document) -> Document:
        """End a document as one for people, after whatever has failed."""
        began = self.now()
        after = self.decider.give_up(document)
        self._note_decision(after, began)
        return after

    def _for_people(self, document: Document, reason: str, began: datetime) -> Document:
        after = self.decider.give_up(document, (reason,))
        self._note_decision(after, began)
        return after

    def _note_pages(self, document: Document, job: Job, attempts: int) -> None:
        """Note what Textract has read of each page, and what that costs: a page of each job, also one that failed."""
        price = prices()["textract-forms-page" if self.textract.forms else "textract-text-page"]
        missing = set(job.missing)
        self.trail.write(
            AuditEntry(
                document.id,
                number,
                "read",
                self.now(),
                "textract",
                "not-read" if number in missing else "done",
                price * attempts,
            )
            for number in range(1, document.pages + 1)
        )

    def _note_decision(self, document: Document, began: datetime) -> None:
        """Note the decision, after it: who is to be told what was decided finds that only then. The message of a worker that
        dies between the two comes again, and has it noted.
        """
        if document.decision is None:
            return
        cost = of_function((self.now() - began).total_seconds(), self.memory_mib)
        self.trail.write(
            [AuditEntry(document.id, None, "decide", self.now(), self.by, document.decision, cost)]
        )
