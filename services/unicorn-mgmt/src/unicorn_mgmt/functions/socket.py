"""Lambda function of the unicorn socket: composes the connecting and hands it each event."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.use_cases.socket import Connecting
from wild_rydes_runtime.aws import client

_logger = Logger()
_connecting = Connecting(Store(client("dynamodb"), os.environ["TABLE_NAME"]), _logger)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's signature
    """Handle one event of the socket."""
    return _connecting.handle(event)
