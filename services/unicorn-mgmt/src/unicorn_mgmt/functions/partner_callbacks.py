"""Lambda function of the API on which partners call back."""

import os
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.partners.client import integration_of
from unicorn_mgmt.adapters.partners.credentials import Secrets
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.api.partner_callbacks import Callbacks
from unicorn_mgmt.functions.partner_settings import CallbackSettings
from wild_rydes_http.api import RestApi
from wild_rydes_messaging.reply import Replies
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_settings = CallbackSettings.of(os.environ)
_logger = Logger()
_api = RestApi(_logger)
_partners = roster()
Callbacks(
    _api,
    Replies(client("sqs"), _settings.reply_to_pattern),
    PartnerRides(client("dynamodb"), _settings.table_name),
    partners=_partners,
    integrations={id_: integration_of(partner) for id_, partner in _partners.items()},
    secrets=Secrets(client("secretsmanager")),
    secrets_of=_settings.secrets,
    logger=_logger,
    now=lambda: datetime.now(UTC),
)

handler = entrypoint(_api.handle, _logger)
