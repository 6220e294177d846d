"""RFQs → quotes of unicorns, invitations to price by hand, RFQs for partners."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.partner_queues import RequestQueues
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from unicorn_mgmt.use_cases.inviter import Inviter
from unicorn_mgmt.use_cases.responder import Responder
from wild_rydes_contracts import RfqRequested
from wild_rydes_http.sockets import Sockets
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.reply import Replies
from wild_rydes_runtime.aws import QUICK_CONFIG, client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """`return_addresses` has the ARN of each requester's queue by its source, `connections_url` is the socket's own API.

    `partner_queues` has the URL of each partner's queue for RFQs by the partner's id.
    """

    table_name: str
    vehicle_table_name: str
    return_addresses: Mapping[str, str]
    connections_url: str
    unicorn_api_url: str
    partner_queues: Mapping[str, str]


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_dynamodb = client("dynamodb")
_responder = Responder(
    Consumer.from_environment(
        os.environ,
        RfqRequested,
        sqs=_sqs,
        logger=_logger,
        metrics=_metrics,
        requesters=_settings.return_addresses,
    ),
    UnicornTable(_dynamodb, _settings.table_name),
    VehicleTable(_dynamodb, _settings.vehicle_table_name),
    Replies(_sqs, _settings.return_addresses.values()),
    Inviter(
        AppConnections(_dynamodb, _settings.table_name),
        InvitationTable(_dynamodb, _settings.table_name),
        AppPushes(
            Sockets(
                lambda: client("apigatewaymanagementapi", url=_settings.connections_url, config=QUICK_CONFIG)
            ),
            _logger,
            _metrics,
        ),
        AppMessages(_settings.unicorn_api_url),
    ),
    RequestQueues(_sqs, roster(), _settings.partner_queues),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_responder.handle, _logger, _metrics)
