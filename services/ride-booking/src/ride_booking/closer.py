"""Lambda function of the deadline queue: composes the closing and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.closing import Closing
from ride_booking.deadlines import RfqDeadline
from ride_booking.settings import ConsumerSettings
from ride_booking.store import RfqTable
from wild_rydes_messaging.aws import client
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.parking import ParkingLot

warnings.filterwarnings("ignore", "No application metrics to publish")  # most batches count nothing
_settings = ConsumerSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_closing = Closing(
    Consumer(
        RfqDeadline,
        sqs=_sqs,
        parking_lot=ParkingLot(_sqs, _settings.dead_letter_queue_url),
        logger=_logger,
        metrics=_metrics,
        max_attempts=_settings.max_attempts,
    ),
    RfqTable(client("dynamodb"), _settings.table_name),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Close the RFQs whose deadline has come."""
    return _closing.handle(event)
