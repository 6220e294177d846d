"""The entry point of a Lambda function."""

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

R = TypeVar("R")


def entrypoint(
    handle: Callable[[dict[str, Any]], R], logger: Logger, metrics: Metrics | None = None
) -> Callable[[dict[str, Any], LambdaContext], R]:
    """Make the Lambda handler that passes each event to `handle`.

    Every log line carries the request id, whether the start was cold, and a correlation id: the request id
    until `handle` sets that of a conversation. What `metrics` has counted is written at the end, even if
    `handle` raises.
    """

    def handler(event: dict[str, Any], context: LambdaContext) -> R:
        logger.set_correlation_id(context.aws_request_id)
        return handle(event)

    entry: Callable[[dict[str, Any], LambdaContext], R] = handler
    if metrics is not None:
        # Many invocations count nothing, which is no reason to warn.
        warnings.filterwarnings("ignore", "No application metrics to publish")
        entry = metrics.log_metrics(entry)
    decorated: Callable[[dict[str, Any], LambdaContext], R] = logger.inject_lambda_context(entry)
    return decorated
