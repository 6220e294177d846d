"""RFQ table's stream → bus, deadlines and status documents."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.use_cases.outbox import Outbox
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import WRITE_CONFIG, Documents
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. `reply_queue_arn` is the return address."""

    bus_name: str
    reply_queue_arn: str
    deadline_queue_url: str
    dead_letter_queue_url: str
    document_bucket: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_parking_lot = ParkingLot(_sqs, _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
_outbox = Outbox(
    consumer=StreamConsumer(_parking_lot),
    publisher=Publisher(
        client("events"), _settings.bus_name, parking_lot=_parking_lot, logger=_logger, metrics=_metrics
    ),
    deadlines=Queue(_sqs, _settings.deadline_queue_url),
    documents=StatusDocuments(
        Documents(lambda: client("s3", config=WRITE_CONFIG), _settings.document_bucket)
    ),
    reply_to=_settings.reply_queue_arn,
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_outbox.handle, _logger, _metrics)
