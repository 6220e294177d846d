"""Changes of the table → events, answers given by hand, orders to partners, pushes to apps."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.partner_queues import RideQueues
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from unicorn_mgmt.use_cases.outbox import Outbox
from wild_rydes_http.sockets import Sockets
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import QUICK_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """`return_addresses` has the ARN of each requester's queue by its source, `connections_url` is the socket's own API.

    `partner_ride_queues` has the URL of each partner's queue for rides by the partner's id.
    """

    table_name: str
    bus_name: str
    return_addresses: Mapping[str, str]
    connections_url: str
    unicorn_api_url: str
    dead_letter_queue_url: str
    partner_ride_queues: Mapping[str, str]


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_dynamodb = client("dynamodb", config=QUICK_CONFIG)
_parking_lot = ParkingLot(_sqs, _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
_outbox = Outbox(
    StreamConsumer(_parking_lot),
    Publisher(
        client("events"), _settings.bus_name, parking_lot=_parking_lot, logger=_logger, metrics=_metrics
    ),
    Replies(_sqs, _settings.return_addresses.values()),
    RideQueues(_sqs, _settings.partner_ride_queues),
    InvitationTable(_dynamodb, _settings.table_name),
    AppConnections(_dynamodb, _settings.table_name),
    AppPushes(
        Sockets(
            lambda: client("apigatewaymanagementapi", url=_settings.connections_url, config=QUICK_CONFIG)
        ),
        _logger,
        _metrics,
    ),
    AppMessages(_settings.unicorn_api_url),
    parking_lot=_parking_lot,
    logger=_logger,
    now=now,
)

handler = entrypoint(_outbox.handle, _logger, _metrics)
