"""Ends of Textract's jobs → whoever waits for them."""

import os

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.completions import CompletionConsumer, JobEnded
from settlement.adapters.executions import Executions
from settlement.adapters.reading_table import ReadingTable
from settlement.use_cases.completions import Completions
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_logger = Logger()
_metrics = Metrics()
_completions = Completions(
    consumer=CompletionConsumer.from_environment(
        os.environ, JobEnded, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    readings=ReadingTable(client("dynamodb"), os.environ["TABLE_NAME"]),
    executions=Executions(lambda: client("stepfunctions")),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_completions.handle, _logger, _metrics)
