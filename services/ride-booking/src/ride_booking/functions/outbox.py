"""Lambda function of the table's stream: composes the outbox and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.adapters.status_documents import S3_CONFIG, Documents
from ride_booking.functions.settings import RequesterSettings
from ride_booking.use_cases.outbox import Outbox
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.queue import Queue
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # most batches count nothing
_settings = RequesterSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_outbox = Outbox(
    Publisher(client("events"), _settings.bus_name),
    Queue(_sqs, _settings.deadline_queue_url),
    ParkingLot(_sqs, _settings.dead_letter_queue_url),
    Documents(lambda: client("s3", config=S3_CONFIG), _settings.document_bucket),
    reply_to=_settings.reply_to,
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Lambda's signature
    """Announce what a batch of stream records tells; raise, so that it comes again, when that fails."""
    _outbox.handle(event)
