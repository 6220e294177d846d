"""Passengers' scores → the ratings of unicorns."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.use_cases.ratings import Ratings
from wild_rydes_contracts import FeedbackCorrected, FeedbackReceived
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment."""

    table_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_ratings = Ratings(
    Consumer[FeedbackReceived | FeedbackCorrected].from_environment(
        os.environ,
        FeedbackReceived,
        FeedbackCorrected,
        sqs=client("sqs"),
        logger=_logger,
        metrics=_metrics,
    ),
    UnicornTable(client("dynamodb"), _settings.table_name),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_ratings.handle, _logger, _metrics)
