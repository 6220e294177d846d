"""Lambda function of the unicorn API: composes the routes and hands them each request."""

import os
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.invitation_table import Invitations
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.api.routes import Routes
from unicorn_mgmt.functions.settings import ApiSettings
from wild_rydes_http.api import RestApi
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_settings = ApiSettings.of(os.environ)
_logger = Logger()
_api = RestApi(_logger, _settings.public_url)
_dynamodb = client("dynamodb")
_table = _settings.table_name
Routes(_api, Store(_dynamodb, _table), Invitations(_dynamodb, _table), now=lambda: datetime.now(UTC))

handler = entrypoint(_api.handle, _logger)
