"""Lambda function of one partner's queue: composes the asking and hands it each batch."""

import os
import warnings
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from unicorn_mgmt.partners.asking import Asking
from unicorn_mgmt.partners.faults import fault_of
from unicorn_mgmt.partners.integration import integration_of
from unicorn_mgmt.partners.roster import roster
from unicorn_mgmt.partners.secrets import Secrets
from unicorn_mgmt.partners.settings import PartnerSettings
from unicorn_mgmt.partners.tracking import Calls
from unicorn_mgmt.partners.wire import Wire
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.aws import CALLS, client
from wild_rydes_messaging.circuit_breaker import CircuitBreaker, DynamoDbStore, LogAndCount, Settings
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.reply import Replies

warnings.filterwarnings("ignore", "No application metrics to publish")  # calls are metrics of their own
# The call of the partner can do without its circuit's record, and does not wait long for it.
_QUICK_CALLS = CALLS.merge(
    Config(connect_timeout=0.3, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 2})
)
_settings = PartnerSettings.of(os.environ)
_partner = roster()[_settings.partner_id]
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_asking = Asking(
    _partner,
    integration_of(_partner),
    CircuitBreaker(
        _partner.id,
        Settings(**_partner.breaker),
        DynamoDbStore(client("dynamodb", calls=_QUICK_CALLS), _settings.table_name),
        classify=fault_of,
        listener=LogAndCount(_logger),
    ),
    consumer=Consumer.of(os.environ, RfqRequested, sqs=_sqs, logger=_logger, metrics=_metrics),
    replies=Replies(_sqs, _settings.reply_to_pattern),
    wire=Wire(),
    secrets=Secrets(client("secretsmanager")),
    calls=Calls(_logger, _partner.id),
    secret_id=_settings.secret_id,
    callback_url=_settings.callback_url,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Ask the partner for a batch of RFQs."""
    return _asking.handle(event)
