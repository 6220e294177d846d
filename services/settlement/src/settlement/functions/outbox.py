"""Changes of documents → work on their pages."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.page_queues import PageQueues
from settlement.use_cases.outbox import Outbox
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    dead_letter_queue_url: str
    single_queue_url: str
    small_queue_url: str
    large_queue_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_outbox = Outbox(
    consumer=StreamConsumer(
        ParkingLot(_sqs, _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
    ),
    queues=PageQueues(
        {
            "single": Queue(_sqs, _settings.single_queue_url),
            "small": Queue(_sqs, _settings.small_queue_url),
            "large": Queue(_sqs, _settings.large_queue_url),
        }
    ),
    logger=_logger,
)

handler = entrypoint(_outbox.handle, _logger, _metrics)
