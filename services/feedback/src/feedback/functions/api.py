"""Lambda function of the feedback API: composes the routes and hands them each request."""

import os

from aws_lambda_powertools import Logger

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.api.routes import Routes
from feedback.functions import settings
from wild_rydes_http.api import RestApi
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_settings = settings.ApiSettings.of(os.environ)
_logger = Logger()
_api = RestApi(_logger, _settings.public_url)
Routes(
    _api,
    Store(client("dynamodb"), _settings.table_name, settings.machine(os.environ)),
    now=clock.now,
)

handler = entrypoint(_api.handle, _logger)
