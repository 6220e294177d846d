"""Machine API → who may call it: machine clients, each with its own key."""

import os

from aws_lambda_powertools import Logger

from ride_booking.use_cases.machine_authorizer import MachineAuthorizer
from wild_rydes_http.tokens import IdTokens, TokenSettings
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read
from wild_rydes_runtime.ids import new_uuid7

_logger = Logger()
_authorizer = MachineAuthorizer(IdTokens(read(TokenSettings, os.environ)).prepare(), _logger, now, new_uuid7)

handler = entrypoint(_authorizer.authorize, _logger)
