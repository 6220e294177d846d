"""Lambda function that decides who may connect to the RFQ socket."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wild_rydes_http.socket_authorizer import SocketAuthorizer, TokenSettings

_logger = Logger()
_authorizer = SocketAuthorizer(TokenSettings.of(os.environ), "customers", _logger)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Let a customer connect, or nobody."""
    return _authorizer.authorize(event)
