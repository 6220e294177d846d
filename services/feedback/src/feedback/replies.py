"""Lambda function of the queue of inbound SMS: composes the hearing and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback import clock, settings
from feedback.hearing import Hearing
from feedback.notifications import InboundSms, NotificationConsumer
from feedback.pseudonyms import Pseudonyms
from feedback.store import Store
from wild_rydes_messaging.aws import client
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_messaging.parking import ParkingLot

_settings = settings.ConsumerSettings.of(os.environ)
_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_pseudonyms = Pseudonyms.with_secret(client("secretsmanager"), os.environ["NUMBER_SECRET_ARN"])
_hearing = Hearing(
    NotificationConsumer(
        InboundSms,
        sqs=_sqs,
        parking_lot=ParkingLot(_sqs, _settings.dead_letter_queue_url),
        logger=_logger,
        metrics=_metrics,
        max_attempts=_settings.max_attempts,
        now=clock.now,
    ),
    Store(client("dynamodb"), _settings.table_name, _machine),
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
