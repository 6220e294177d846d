"""Textract is done with a document: whoever waits for it goes on. Use case of the completions function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.completions import JobEnded
from settlement.adapters.executions import Executions
from settlement.adapters.reading_table import ReadingTable
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Completions:
    """Tells executions. A message that comes twice, or of a job that nobody waits for, tells nobody anything new."""

    consumer: Consumer[JobEnded]
    readings: ReadingTable
    executions: Executions
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Tell of the jobs of a Lambda SQS event."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._tell(message.data)
        return batch.settle()

    def _tell(self, job: JobEnded) -> None:
        token = self.readings.get(job.document_id).token
        told = bool(token) and self.executions.succeed(token, status=job.status)
        self.logger.info(
            "told" if told else "nobody waits",
            document_id=job.document_id,
            job_id=job.job_id,
            status=job.status,
        )
        self.metrics.add_metric("CompletionsTold" if told else "CompletionsUnwanted", MetricUnit.Count, 1)
