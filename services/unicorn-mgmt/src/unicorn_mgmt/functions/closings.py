"""RFQs that are over → invitations that are closed, and pushes to those who have not answered."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from unicorn_mgmt.use_cases.closings import Closings
from wild_rydes_contracts import RfqCompleted
from wild_rydes_http.sockets import Sockets
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import QUICK_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment. `connections_url` is the socket's own API."""

    table_name: str
    connections_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_closings = Closings(
    Consumer.from_environment(os.environ, RfqCompleted, sqs=client("sqs"), logger=_logger, metrics=_metrics),
    InvitationTable(_dynamodb, _settings.table_name),
    AppConnections(_dynamodb, _settings.table_name),
    AppPushes(
        Sockets(
            lambda: client("apigatewaymanagementapi", url=_settings.connections_url, config=QUICK_CONFIG)
        ),
        _logger,
        _metrics,
    ),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_closings.handle, _logger, _metrics)
