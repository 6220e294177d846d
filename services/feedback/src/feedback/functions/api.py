"""Requests of the support team → open callbacks, and the feedback about a ride."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from feedback.adapters.feedback_table import FeedbackTable
from feedback.api.routes import Routes
from feedback.domain.conversation import SurveyMachine, flow
from wild_rydes_http.api import RestApi
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime import clock
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    public_url: str | None = None
    """The base of links, set on the local stage only."""
    allowed_origins: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_machine = SurveyMachine(flow().with_limits(_settings.limits))
_api = RestApi(_logger, _settings.public_url, origins=_settings.allowed_origins, is_transient=is_transient)
Routes(_api, FeedbackTable(client("dynamodb"), _settings.table_name, _machine), _machine, now=clock.now)

handler = entrypoint(_api.handle, _logger)
