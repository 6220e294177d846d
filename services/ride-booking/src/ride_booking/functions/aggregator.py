"""Return address → RFQs."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.use_cases.aggregator import Aggregator
from wild_rydes_contracts import RfqResponse
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_aggregator = Aggregator(
    consumer=Consumer.from_environment(
        os.environ, RfqResponse, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    rfqs=RfqTable(client("dynamodb"), _settings.table_name),
    logger=_logger,
    metrics=_metrics,
    now=now,
)

handler = entrypoint(_aggregator.handle, _logger, _metrics)
