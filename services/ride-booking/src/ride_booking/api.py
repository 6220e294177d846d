"""Lambda function of the RFQ API: composes the routes and hands them each request."""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import botocore.session
from aws_lambda_powertools import Logger

from ride_booking.routes import Routes
from ride_booking.settings import CALLS, ApiSettings
from ride_booking.store import RfqTable
from wild_rydes_http.api import RestApi
from wild_rydes_messaging.ids import uuid7

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_settings = ApiSettings.of(os.environ)
_logger = Logger()
_api = RestApi(_logger, _settings.public_url)
# A customer waits for this function's cold start: boto3 would only add its own import to botocore's.
_dynamodb = cast("DynamoDBClient", botocore.session.get_session().create_client("dynamodb", config=CALLS))
Routes(
    _api,
    RfqTable(_dynamodb, _settings.table_name),
    _logger,
    now=lambda: datetime.now(UTC),
    new_id=uuid7,
)

handler = _logger.inject_lambda_context(_api.resolve)
