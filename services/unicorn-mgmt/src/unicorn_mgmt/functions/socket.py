"""Events of the unicorn socket → where each unicorn's app is connected, and snapshots of what it has to do."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from unicorn_mgmt.use_cases.socket import SocketEvents
from wild_rydes_http.sockets import Sockets
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment. `connections_url` is the socket's own API."""

    table_name: str
    connections_url: str
    unicorn_api_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_socket_events = SocketEvents(
    AppConnections(_dynamodb, _settings.table_name),
    InvitationTable(_dynamodb, _settings.table_name),
    AppPushes(
        Sockets(lambda: client("apigatewaymanagementapi", url=_settings.connections_url)),
        _logger,
        _metrics,
    ),
    AppMessages(_settings.unicorn_api_url),
    _logger,
    now=now,
)

handler = entrypoint(_socket_events.handle, _logger, _metrics)
