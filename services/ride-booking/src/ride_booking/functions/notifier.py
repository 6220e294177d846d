"""RFQ table's stream → watchers."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from ride_booking.adapters.watchers import Watchers
from ride_booking.use_cases.notifier import Notifier
from wild_rydes_http.sockets import Sockets
from wild_rydes_runtime.aws import QUICK_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. `connections_url` is where to post to the socket's connections."""

    table_name: str
    connections_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_notifier = Notifier(
    sockets=Sockets(
        lambda: client("apigatewaymanagementapi", url=_settings.connections_url, config=QUICK_CONFIG),
        within=5,  # seconds, half of what the function has
    ),
    watchers=Watchers(client("dynamodb"), _settings.table_name),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_notifier.handle, _logger, _metrics)
