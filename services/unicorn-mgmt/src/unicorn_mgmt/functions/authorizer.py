"""Lambda function that decides who may connect to the unicorn socket."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wild_rydes_http.socket_authorizer import SocketAuthorizer, TokenSettings

_logger = Logger()
_authorizer = SocketAuthorizer(TokenSettings.of(os.environ), "unicorns", _logger)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Let a unicorn connect, or nobody."""
    return _authorizer.authorize(event)
