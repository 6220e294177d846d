"""Lambda function of the queue of delivery events: composes the tracking and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback import clock, settings
from feedback.notifications import DeliveryEvent, NotificationConsumer
from feedback.store import Store
from feedback.tracking import Tracking
from wild_rydes_messaging.aws import client
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_messaging.parking import ParkingLot

_settings = settings.ConsumerSettings.of(os.environ)
_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_tracking = Tracking(
    NotificationConsumer(
        DeliveryEvent,
        sqs=_sqs,
        parking_lot=ParkingLot(_sqs, _settings.dead_letter_queue_url),
        logger=_logger,
        metrics=_metrics,
        max_attempts=_settings.max_attempts,
        now=clock.now,
    ),
    Store(client("dynamodb"), _settings.table_name, _machine),
    _machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Note a batch of delivery events."""
    return _tracking.handle(event)
