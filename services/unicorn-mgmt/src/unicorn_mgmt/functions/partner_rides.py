"""Lambda function of one partner's queue for rides: composes the ordering and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.partners.client import integration_of
from unicorn_mgmt.adapters.partners.line import CIRCUIT_CONFIG, line_to
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.functions.partner_settings import PartnerSettings
from unicorn_mgmt.use_cases.partner_rides import BETWEEN_CANCELLATIONS, Ordering
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # calls are metrics of their own
_settings = PartnerSettings.of(os.environ)
_partner = roster()[_settings.partner_id]
_logger = Logger()
_metrics = Metrics()
_ordering = Ordering(
    integration_of(_partner),
    line_to(
        _partner,
        dynamodb=client("dynamodb", config=CIRCUIT_CONFIG),
        table_name=_settings.table_name,
        secretsmanager=client("secretsmanager"),
        secret_id=_settings.secret_id,
        logger=_logger,
        now=lambda: datetime.now(UTC),
    ),
    PartnerRides(client("dynamodb"), _settings.table_name),
    consumer=Consumer.from_environment(
        os.environ,
        RideOrder,
        sqs=client("sqs"),
        logger=_logger,
        metrics=_metrics,
        backoff=BETWEEN_CANCELLATIONS,
    ),
    callback_url=_settings.callback_url,
    logger=_logger,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Book and cancel rides at the partner."""
    return _ordering.handle(event)
