"""RFQ socket → who may connect: customers."""

import os

from aws_lambda_powertools import Logger

from wild_rydes_http.socket_authorizer import SocketAuthorizer
from wild_rydes_http.tokens import IdTokens, TokenSettings
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read

_logger = Logger()
_authorizer = SocketAuthorizer(IdTokens(read(TokenSettings, os.environ)).prepare(), "customers", _logger)

handler = entrypoint(_authorizer.authorize, _logger)
