"""Lambda function of the queue of inbound SMS: composes the hearing and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sns_notifications import InboundSms, NotificationConsumer
from feedback.functions import settings
from feedback.use_cases.replies import Hearing
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_runtime.aws import client

_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_pseudonyms = Pseudonyms.with_secret(client("secretsmanager"), os.environ["NUMBER_SECRET_ARN"])
_hearing = Hearing(
    NotificationConsumer.from_environment(
        os.environ, InboundSms, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    Store(client("dynamodb"), os.environ["TABLE_NAME"], _machine),
    _machine,
    _pseudonyms,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Handle a batch of replies."""
    return _hearing.handle(event)
