"""Take a document all the way, in one place and by itself, when something on its usual way has failed.

Use case of the failsafe function, which has the dead letters of all queues on that way.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.archive import Archive
from settlement.adapters.audit_trail import AuditTrail
from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.adapters.object_created import ObjectConsumer, ObjectCreated
from settlement.domain.audit import AuditEntry
from settlement.domain.document import Document
from settlement.domain.page_work import PageStep, PageWork
from settlement.use_cases.archive import Archiving
from settlement.use_cases.dangerous_work import SUSPECT_AFTER
from settlement.use_cases.documents import Documents
from settlement.use_cases.pages import Pages
from settlement.use_cases.reader import Reader
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.consume import PartialBatchResponse, Received
from wild_rydes_messaging.dead_letter import DeadLetter
from wild_rydes_messaging.errors import RetryLater, Unprocessable, describe, reason

TRIES: Final = 3
"""Attempts of one worker, and how often a letter is received before its document is given up at once."""

_POLL: Final = 2.0
"""Seconds between two looks at what somebody else is busy with."""

_ARCHIVE: Final = "-archive-dlq"
"""How the name of the queue ends whose letters are about documents that have ended."""

_LONGEST: Final = 200
"""Characters of a reason in the audit trail."""


@dataclass(frozen=True, slots=True)
class _About:
    """What a letter is about: a document, an object that may have become none, and who waits for it."""

    document_id: str
    token: str = ""
    is_archiving: bool = False
    staged: Received[ObjectCreated] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failsafe:
    """Ends documents: as they would have ended, or as ones for people, which is what never fails twice.

    It begins nothing when `patience` is over, so that it has the time to say so.
    """

    objects: ObjectConsumer
    documents: DocumentTable
    intake: Documents
    pages: Pages
    reader: Reader
    archiving: Archiving
    archive: Archive
    executions: Executions
    trail: AuditTrail
    by: str
    patience: timedelta
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]
    sleep: Callable[[float], object]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a Lambda SQS event. Name the letters that stay where they are: those of which nobody could even say so."""
        staying = []
        for record in event["Records"]:
            try:
                self._handle(record)
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
                self.logger.error("stays", message_id=record["messageId"], extra=describe(error))
                staying.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in staying]}

    def _handle(self, record: Mapping[str, Any]) -> None:
        letter = DeadLetter.of(record)
        try:
            about = self._about(letter, record["eventSourceARN"].endswith(_ARCHIVE))
        except Unprocessable as error:
            self._keep(letter, record, str(error))
            return
        if about.is_archiving:
            self.archiving.take(about.document_id)
            return
        received = int(record["attributes"]["ApproximateReceiveCount"])
        over = self.now() + self.patience
        document = self._take(about, over, received)
        if document is None:
            self._keep(letter, record, "there is no such document")
            return
        if about.token:
            self.executions.succeed(about.token, state=document.state)
        self.metrics.add_metric("FailsafeTaken", MetricUnit.Count, 1)
        self.logger.warning(
            "taken",
            document_id=document.id,
            outcome=document.decision or document.state,
            cause=letter.cause.reason,
        )

    def _take(self, about: _About, over: datetime, received: int) -> Document | None:
        """End a document. None: there is none, and nothing that could become one."""
        for attempt in range(1, TRIES + 1):
            try:
                if received > TRIES:
                    raise Unprocessable("its workers die")
                document = self._ended(about, over)
            except Exception as error:  # noqa: BLE001 - whatever it is, a person is told
                last = attempt == TRIES or received > TRIES or self.now() >= over
                self.logger.warning("failed", document_id=about.document_id, extra=describe(error))
                if last:
                    return self._give_up(about.document_id, reason(error))
                self.sleep(_POLL)
            else:
                self._note(document, "done")
                return document
        raise AssertionError  # the last attempt returns

    def _ended(self, about: _About, over: datetime) -> Document:
        if about.staged and self.documents.get(about.document_id) is None:
            self.intake.take_in(about.staged)
        while True:
            document = self.documents.get(about.document_id)
            if document is None:
                raise Unprocessable("there is no such document")
            if document.ended:
                return document
            if self.now() >= over:
                raise Unprocessable("it takes too long")
            if document.state in ("classified", "split"):
                self._take_steps(document, "split" if document.state == "classified" else "render")
                continue
            try:
                self.reader.take(document)
            except RetryLater:
                self.sleep(_POLL)

    def _take_steps(self, document: Document, step: PageStep) -> None:
        done = document.split_parts if step == "split" else document.rendered_parts
        for part in sorted({*document.parts} - done):
            work = PageWork(document_id=document.id, step=step, part=part)
            metadata = first_of(PageWork, correlation_id=document.id, occurred_at=document.received_at)
            self.pages.work(Received(work, metadata, "failsafe", SUSPECT_AFTER + 1))

    def _give_up(self, document_id: str, why: str) -> Document | None:
        document = self.documents.get(document_id)
        if document is None:
            return None
        self._note(document, f"failed: {why}"[:_LONGEST])
        self.metrics.add_metric("FailsafeGaveUp", MetricUnit.Count, 1)
        return self.reader.give_up(document)

    def _note(self, document: Document, outcome: str) -> None:
        self.trail.write([AuditEntry(document.id, None, "failsafe", self.now(), self.by, outcome)])

    def _keep(self, letter: DeadLetter, record: Mapping[str, Any], why: str) -> None:
        """Keep a letter that is about no document, for people."""
        queue = record["eventSourceARN"].rpartition(":")[2]
        told = {
            "queue": queue,
            "reason": why,
            "cause": letter.cause.reason,
            "kept_at": self.now().isoformat(),
            "body": letter.body,
        }
        key = self.archive.keep_message(letter.id, told)
        self.metrics.add_metric("FailsafeKept", MetricUnit.Count, 1)
        self.logger.error("kept", key=key, reason=why, cause=letter.cause.reason)

    def _about(self, letter: DeadLetter, is_archiving: bool) -> _About:
        """Find out what a letter is about, whichever queue it comes from. Raises Unprocessable."""
        try:
            body = json.loads(letter.body)
        except (ValueError, RecursionError):
            raise Unprocessable("not JSON") from None
        match body:
            case {"source": "aws.s3"}:
                envelope = self.objects.parse(letter.body)
                message = Received(envelope.data, envelope.metadata, letter.id, SUSPECT_AFTER + 1)
                return _About(envelope.data.staged.document_id, staged=message)
            case {"JobTag": str(document_id)}:
                return _About(document_id)
            case {"data": {"document_id": str(document_id), **data}}:
                token = data.get("token", "")
                return _About(document_id, token if isinstance(token, str) else "", is_archiving)
        raise Unprocessable("no message about a document")
