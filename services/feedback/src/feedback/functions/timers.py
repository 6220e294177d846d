"""Lambda function that runs every minute: composes the waking and starts it."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters import clock
from feedback.adapters.feedback_table import Store
from feedback.functions import settings
from feedback.use_cases.timers import Waking
from wild_rydes_runtime.aws import client

_machine = settings.machine(os.environ)
_logger = Logger()
_metrics = Metrics()
_waking = Waking(
    Store(client("dynamodb"), os.environ["TABLE_NAME"], _machine),
    _machine,
    logger=_logger,
    metrics=_metrics,
    now=clock.now,
)


@_metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda's signature
    """Let time pass for the conversations that are due."""
    _waking.handle()
