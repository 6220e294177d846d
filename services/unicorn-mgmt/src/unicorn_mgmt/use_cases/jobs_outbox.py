"""Send what changes of jobs make due: their turns, and the status documents that partners have asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.job_queue import JobTurns
from unicorn_mgmt.adapters.job_table import JOB, job_from
from unicorn_mgmt.adapters.status_documents import StatusDocuments
from unicorn_mgmt.domain.job import Job
from unicorn_mgmt.domain.job_turn import JobTurn, delay_of, turn_due
from wild_rydes_contracts import Envelope
from wild_rydes_messaging.errors import describe
from wild_rydes_messaging.parking import about
from wild_rydes_messaging.stream import StreamConsumer


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsOutbox:
    """Sends turns first. Documents are written best effort, for a few seconds at most: the API tells as much."""

    consumer: StreamConsumer
    turns: JobTurns
    documents: StatusDocuments
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a Lambda stream event makes due. A batch that comes twice sends the same messages twice.

        Raises DeliveryError if the queue does not take a message for now, and botocore's errors if one cannot be parked:
        the stream then brings the whole batch again.
        """
        batch = self.consumer.receive(event)
        turns: list[Envelope[JobTurn]] = []
        delays: dict[UUID, int] = {}
        documented: dict[str, Job] = {}
        for record in batch:
            with batch.attempt(record):
                if record.after is None or not record.key.startswith(JOB):
                    continue  # the job has expired, or it is none
                job = job_from(record.after)
                if turn := turn_due(job_from(record.before) if record.before else None, job):
                    turns.append(turn)
                    delays[turn.metadata.event_id] = delay_of(job, self.now())
                if job.document:
                    documented[job.id] = job  # its last state in the batch
        refused = self.turns.send(turns, delays) if turns else {}
        for turn in turns:
            if error := refused.get(turn.metadata.event_id):
                self.consumer.parking_lot.park_message(turn, error, queue=self.turns.queue.name)
            else:
                self.logger.info("sent", extra=about(turn))
        batch.settle()
        for job_id, error in self.documents.write_all([*documented.values()], self.now).items():
            self.logger.error("no status document", correlation_id=job_id, extra=describe(error))
            self.metrics.add_metric("StatusDocumentsFailed", MetricUnit.Count, 1)
