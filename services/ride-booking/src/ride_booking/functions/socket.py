"""Lambda function of the RFQ socket: composes the watching and hands it each event."""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from ride_booking.adapters.connections import Connections
from ride_booking.adapters.watchers import Watchers
from ride_booking.functions.settings import SocketSettings
from ride_booking.use_cases.socket import Watching
from wild_rydes_runtime.aws import client

_settings = SocketSettings.of(os.environ)
_logger = Logger()
_watching = Watching(
    Watchers(client("dynamodb"), _settings.table_name),
    Connections(client("apigatewaymanagementapi", url=_settings.connections_url)),
    logger=_logger,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's signature
    """Serve one event of the socket."""
    return _watching.handle(event)
