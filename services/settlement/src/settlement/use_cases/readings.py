"""Documents go to Textract. Use case of the readings function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.adapters.reading_table import ReadingTable
from settlement.adapters.textract import Refused, Textract
from settlement.domain.reading_work import ReadingDue
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Starts a job for each document, once: whoever starts it again gets the same one."""

    consumer: Consumer[ReadingDue]
    documents: DocumentTable
    readings: ReadingTable
    textract: Textract
    executions: Executions
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Start the jobs of a Lambda SQS event. One that Textract has no room for comes again."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._start(message.data)
        return batch.settle()

    def _start(self, due: ReadingDue) -> None:
        document = self.documents.get(due.document_id)
        if document is None:
            raise Unprocessable("there is no such document")
        if document.ended:
            self.executions.succeed(due.token, state=document.state)
            self.logger.info("dropped: it has ended", document_id=document.id)
            return
        reading = self.readings.expect(
            document.id, due.token, self.now()
        )  # before a job that may end at once
        document = self.documents.change(document.id, lambda found: found.read(), known=document).after
        try:
            job_id = self.textract.start(document, reading.attempt)
        except Refused as refused:
            # Whoever decides asks again, and hears the same.
            self.executions.succeed(due.token, state="refused")
            self.logger.warning("refused", document_id=document.id, reason=str(refused))
            return
        self.metrics.add_metric("ReadingsStarted", MetricUnit.Count, 1)
        self.logger.info("started", document_id=document.id, job_id=job_id, pages=document.pages)
