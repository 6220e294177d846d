"""Unicorn app → registration, positions, answers given by hand, ends of rides."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.routes import Routes
from wild_rydes_http.api import HttpApi
from wild_rydes_http.tokens import IdTokens, TokenSettings
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. `public_url` is the base of links."""

    table_name: str
    public_url: str
    allowed_origins: tuple[str, ...] = ()


_settings = read(Settings, os.environ)
_logger = Logger()
_api = HttpApi(
    _logger,
    _settings.public_url,
    verify=IdTokens(read(TokenSettings, os.environ)).prepare().claims,
    origins=_settings.allowed_origins,
    is_transient=is_transient,
)
_dynamodb = client("dynamodb")
Routes(
    _api,
    UnicornTable(_dynamodb, _settings.table_name),
    InvitationTable(_dynamodb, _settings.table_name),
    _logger,
    now=now,
)

handler = entrypoint(_api.handle, _logger)
