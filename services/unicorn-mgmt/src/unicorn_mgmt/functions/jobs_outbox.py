"""Changes of jobs → turns in their queue, and status documents."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.job_queue import JobTurns
from unicorn_mgmt.adapters.status_documents import StatusDocuments
from unicorn_mgmt.use_cases.jobs_outbox import JobsOutbox
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import WRITE_CONFIG, Documents
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    job_queue_url: str
    dead_letter_queue_url: str
    document_bucket: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_outbox = JobsOutbox(
    consumer=StreamConsumer(
        ParkingLot(_sqs, _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
    ),
    turns=JobTurns(Queue(_sqs, _settings.job_queue_url)),
    documents=StatusDocuments(
        Documents(lambda: client("s3", config=WRITE_CONFIG), _settings.document_bucket)
    ),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_outbox.handle, _logger, _metrics)
