"""Lambda function of the table's stream: composes the telling and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.connections import Connections
from unicorn_mgmt.api.socket_messages import Links
from unicorn_mgmt.domain.partner_order import Orders
from unicorn_mgmt.functions.settings import OutboxSettings
from unicorn_mgmt.use_cases.outbox import Telling
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # most batches count nothing
_settings = OutboxSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_telling = Telling(
    Publisher(client("events"), _settings.bus_name),
    Replies(_sqs, _settings.reply_to_pattern),
    Connections(lambda: client("apigatewaymanagementapi", url=_settings.connections_url), _logger),
    Links(_settings.api_url),
    orders=Orders(_sqs, _settings.ride_queues),
    parking_lot=ParkingLot(_sqs, _settings.dead_letter_queue_url),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Lambda's signature
    """Tell what a batch of stream records tells; raise, so that it comes again, when that fails."""
    _telling.handle(event)
