"""Lambda function of the inbox queue: composes the responder and hands it each batch."""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.connections import Connections
from unicorn_mgmt.adapters.invitation_table import Invitations
from unicorn_mgmt.adapters.partner_queues import Forwarding
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.api.socket_messages import Links
from unicorn_mgmt.functions.settings import ResponderSettings
from unicorn_mgmt.use_cases.inviter import Inviting
from unicorn_mgmt.use_cases.responder import Responder
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.reply import Replies
from wild_rydes_runtime.aws import client

_settings = ResponderSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_dynamodb = client("dynamodb")
_store = Store(_dynamodb, _settings.table_name)
_responder = Responder(
    Consumer.from_environment(os.environ, RfqRequested, sqs=_sqs, logger=_logger, metrics=_metrics),
    _store,
    Replies(_sqs, _settings.reply_to_pattern),
    Inviting(
        _store,
        Invitations(_dynamodb, _settings.table_name),
        Connections(lambda: client("apigatewaymanagementapi", url=_settings.connections_url), _logger),
        Links(_settings.api_url),
    ),
    Forwarding(_sqs, roster(), _settings.partner_queues),
    logger=_logger,
    metrics=_metrics,
    now=lambda: datetime.now(UTC),
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Answer a batch of RFQs."""
    return _responder.handle(event)
