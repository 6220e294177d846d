"""Lambda function of the ratings queue: composes the appraising and hands it each batch."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.use_cases.ratings import Appraising
from wild_rydes_contracts import FeedbackReceived
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_runtime.aws import client

_logger = Logger()
_metrics = Metrics()
_appraising = Appraising(
    Consumer[FeedbackReceived].from_environment(
        os.environ, FeedbackReceived, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    Store(client("dynamodb"), os.environ["TABLE_NAME"]),
    logger=_logger,
    metrics=_metrics,
)


@_logger.inject_lambda_context
@_metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialBatchResponse:  # noqa: ARG001 - Lambda's signature
    """Keep the ratings of a batch."""
    return _appraising.handle(event)
