"""Requests of the support team → calls that customers want, opt-outs by hand, and the feedback about a ride."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from aws_lambda_powertools import Logger

from feedback.adapters.feedback_table import FeedbackTable
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.user_directory import UserDirectory
from feedback.api.callbacks import CallbackRoutes
from feedback.api.opt_outs import OptOutRoutes
from feedback.api.routes import Routes
from feedback.domain.conversation import SurveyMachine
from feedback.domain.flow import flow
from wild_rydes_http.api import HttpApi
from wild_rydes_http.tokens import IdTokens, TokenSettings
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime import clock
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    user_pool_id: str
    number_secret_arn: str
    public_url: str
    """The base of links."""
    allowed_origins: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_machine = SurveyMachine(flow().with_limits(_settings.limits))
_table = FeedbackTable(client("dynamodb"), _settings.table_name, _machine)


@cache
def _pseudonyms() -> Pseudonyms:
    """Read the secret when it is first needed: most requests are about no number."""
    return Pseudonyms.with_secret(client("secretsmanager"), _settings.number_secret_arn)


_api = HttpApi(
    _logger,
    _settings.public_url,
    verify=IdTokens(read(TokenSettings, os.environ)).prepare().claims,
    origins=_settings.allowed_origins,
    is_transient=is_transient,
)
_directory = UserDirectory(client("cognito-idp"), _settings.user_pool_id)
Routes(_api, _table, _machine, clock.now)
CallbackRoutes(
    _api,
    table=_table,
    directory=_directory,
    pseudonyms=_pseudonyms,
    claimed_for=timedelta(seconds=_machine.limits.call_claimed_for),
    logger=_logger,
    now=clock.now,
)
OptOutRoutes(
    _api,
    table=_table,
    machine=_machine,
    directory=_directory,
    pseudonyms=_pseudonyms,
    logger=_logger,
    now=clock.now,
)

handler = entrypoint(_api.handle, _logger)
