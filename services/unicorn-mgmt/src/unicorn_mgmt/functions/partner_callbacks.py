"""Partners' callbacks → answers to RFQs, news of rides."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.credentials import Secrets
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.api.partner_callbacks import PartnerCallbacks
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.reply import Replies
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """`secret_ids` names the secret of each partner by the partner's id."""

    secret_ids: Mapping[str, str]
    return_addresses: Mapping[str, str]
    table_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_api = HttpApi(_logger, is_transient=is_transient)
_partners = roster()
_dynamodb = client("dynamodb")
PartnerCallbacks(
    _api,
    Replies(client("sqs"), _settings.return_addresses.values()),
    PartnerRideTable(_dynamodb, _settings.table_name),
    CallbackTable(_dynamodb, _settings.table_name),
    partners=_partners,
    clients={id_: client_of(partner) for id_, partner in _partners.items()},
    secrets=Secrets(client("secretsmanager")),
    secret_ids=_settings.secret_ids,
    logger=_logger,
    now=now,
)

handler = entrypoint(_api.handle, _logger)
