"""Lambda function of the subscription to the news of rides: composes the settling and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.use_cases.rides import Settling
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # most batches count nothing
_logger = Logger()
_metrics = Metrics()
_settling = Settling(
    Consumer.from_environment(
        os.environ,
        RideConfirmed,
        RideRejected,
        RideCompleted,
        sqs=client("sqs"),
        logger=_logger,
        metrics=_metrics,
    ),
    RfqTable(client("dynamodb"), os.environ["TABLE_NAME"]),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Settle the bookings of which a batch brings news."""
    return _settling.handle(event)
