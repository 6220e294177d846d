"""Lambda function of the queue of delivery events: composes the tracking and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.adapters.sns_notifications import DeliveryEvent, NotificationConsumer
from feedback.functions import settings
from feedback.use_cases.receipts import Tracking
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_runtime.aws import client

_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_tracking = Tracking(
    NotificationConsumer.from_environment(
        os.environ, DeliveryEvent, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    Store(client("dynamodb"), os.environ["TABLE_NAME"], _machine),
    _machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Note a batch of delivery events."""
    return _tracking.handle(event)
