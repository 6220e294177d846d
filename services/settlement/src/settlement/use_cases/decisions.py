"""Documents that Textract has looked at are read and decided. Use case of the decisions function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.document_table import DocumentTable
from settlement.adapters.executions import Executions
from settlement.domain.reading_work import DecisionDue
from settlement.use_cases.reader import Reader
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Takes documents to their decision, and tells the execution that waits for it."""

    consumer: Consumer[DecisionDue]
    documents: DocumentTable
    reader: Reader
    executions: Executions
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Decide on the documents of a Lambda SQS event, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._decide(message.data)
        return batch.settle()

    def _decide(self, due: DecisionDue) -> None:
        document = self.documents.get(due.document_id)
        if document is None:
            raise Unprocessable("there is no such document")
        after = self.reader.take(document)
        if not document.ended:
            self.metrics.add_metric(f"Invoices{(after.decision or 'ended').title()}", MetricUnit.Count, 1)
        self.logger.info(
            "decided", document_id=after.id, decision=after.decision, reasons=list(after.reasons)
        )
        self.executions.succeed(due.token, decision=after.decision or after.state)
