"""Lambda function of the deadline queue: composes the closing and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain.deadline import RfqDeadline
from ride_booking.use_cases.closer import Closing
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # most batches count nothing
_logger = Logger()
_metrics = Metrics()
_closing = Closing(
    Consumer.from_environment(os.environ, RfqDeadline, sqs=client("sqs"), logger=_logger, metrics=_metrics),
    RfqTable(client("dynamodb"), os.environ["TABLE_NAME"]),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Close the RFQs whose deadline has come."""
    return _closing.handle(event)
