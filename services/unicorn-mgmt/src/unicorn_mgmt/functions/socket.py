"""Events of the unicorn socket → where each unicorn's app is connected."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.use_cases.socket import SocketEvents
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment."""

    table_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_socket_events = SocketEvents(UnicornTable(client("dynamodb"), _settings.table_name), _logger)

handler = entrypoint(_socket_events.handle, _logger)
