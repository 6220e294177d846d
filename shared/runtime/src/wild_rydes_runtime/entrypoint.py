"""The entry point of a Lambda function."""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from wild_rydes_runtime import cold_start
from wild_rydes_runtime.counts import write_counts
from wild_rydes_runtime.wide_line import WideLine

R = TypeVar("R")


def entrypoint(
    handle: Callable[[dict[str, Any]], R], logger: Logger, metrics: Metrics | None = None
) -> Callable[[dict[str, Any], LambdaContext], R]:
    """Make the Lambda handler that passes each event to `handle`.

    What `handle` logs becomes one line (`WideLine`). It carries the request id, whether the start was cold, and a
    correlation id: the request id until `handle` sets that of a conversation. What `metrics` has counted is written at
    the end (`write_counts`), even if `handle` raises. It is the last call of a function's
    module: the cold start ends here.
    """
    line = WideLine.of(logger)
    logger.append_keys(cold_start=True)

    def handler(event: dict[str, Any], context: LambdaContext) -> R:
        logger.append_keys(function_request_id=context.aws_request_id)
        logger.set_correlation_id(context.aws_request_id)
        try:
            return handle(event)
        finally:
            if metrics is not None:
                write_counts(metrics, logger)
            line.end()
            logger.remove_keys(["cold_start"])

    cold_start.end()
    return handler
