"""Lambda function of the table's stream that publishes events: composes the outbox and hands it each batch."""

import os
import warnings
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import Store
from feedback.functions import settings
from feedback.use_cases.outbox import Telling
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_runtime.aws import client

warnings.filterwarnings("ignore", "No application metrics to publish")  # many changes are no event
_settings = settings.PublisherSettings.of(os.environ)
_logger = Logger()
_metrics = Metrics()
_telling = Telling(
    Publisher(client("events"), _settings.bus_name),
    Store(client("dynamodb"), _settings.table_name, settings.machine(os.environ)),
    ParkingLot(client("sqs"), _settings.dead_letter_queue_url),
    logger=_logger,
    metrics=_metrics,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda's signature
    """Tell what a batch of stream records says; raise, so that it comes again, when that fails."""
    _telling.handle(event)
