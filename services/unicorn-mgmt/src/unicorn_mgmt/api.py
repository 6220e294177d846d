"""Lambda function of the unicorn API: composes the routes and hands them each request."""

import os
from datetime import UTC, datetime

import boto3
from aws_lambda_powertools import Logger

from unicorn_mgmt.routes import Routes
from unicorn_mgmt.settings import CALLS, ApiSettings
from unicorn_mgmt.store import Store
from wild_rydes_http.api import RestApi

_settings = ApiSettings.of(os.environ)
_api = RestApi(Logger(), _settings.public_url)
Routes(
    _api, Store(boto3.client("dynamodb", config=CALLS), _settings.table_name), now=lambda: datetime.now(UTC)
)

handler = _api.resolve
