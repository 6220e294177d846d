"""Lambda function of the bookings queue: composes the confirming and hands it each batch."""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.use_cases.bookings import Confirming
from wild_rydes_contracts import QuoteAccepted, RideBookingFailed
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_table_name = os.environ["TABLE_NAME"]
_confirming = Confirming(
    Consumer[QuoteAccepted | RideBookingFailed].from_environment(
        os.environ, QuoteAccepted, RideBookingFailed, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    Store(_dynamodb, _table_name),
    PartnerRides(_dynamodb, _table_name),
    partners=roster().keys(),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Decide a batch of bookings."""
    return _confirming.handle(event)
