"""Lambda function of the queue of completed rides: composes the asking and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.functions import settings
from feedback.use_cases.rides import Asking
from wild_rydes_contracts import RideCompleted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_asking = Asking(
    Consumer.from_environment(os.environ, RideCompleted, sqs=client("sqs"), logger=_logger, metrics=_metrics),
    Store(client("dynamodb"), os.environ["TABLE_NAME"], _machine),
    _machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Start the conversations about a batch of completed rides."""
    return _asking.handle(event)
