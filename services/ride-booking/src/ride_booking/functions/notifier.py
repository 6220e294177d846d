"""Lambda function of the table's stream that pushes to watchers: composes the notifying and hands it each batch."""

import os
import warnings
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.adapters.connections import Connections
from ride_booking.adapters.watchers import Watchers
from ride_booking.functions.settings import SocketSettings
from ride_booking.use_cases.notifier import Notifying
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # a batch may bring nothing to see
_settings = SocketSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_notifying = Notifying(
    Connections(client("apigatewaymanagementapi", url=_settings.connections_url)),
    Watchers(client("dynamodb"), _settings.table_name),
    logger=_logger,
    metrics=_metrics,
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Lambda's signature
    """Push what a batch of stream records tells; raise, so that it comes again, when that fails."""
    _notifying.handle(event)
