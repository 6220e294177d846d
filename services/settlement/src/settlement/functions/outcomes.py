"""Documents that are rendered, or have ended → executions, events, people, the archive."""

import os
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.executions import Executions
from settlement.adapters.reviews import Reviews
from settlement.adapters.settlement_table import SettlementTable
from settlement.use_cases.outcomes import Outcomes
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function."""

    table_name: str
    bus_name: str
    dead_letter_queue_url: str
    archive_queue_url: str
    state_machine_arn: str
    reviews_topic_arn: str
    pages_url: str


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_sqs = client("sqs")
_parking_lot = ParkingLot(_sqs, _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
_outcomes = Outcomes(
    consumer=StreamConsumer(_parking_lot),
    publisher=Publisher(
        client("events"), _settings.bus_name, parking_lot=_parking_lot, logger=_logger, metrics=_metrics
    ),
    settlements=SettlementTable(client("dynamodb"), _settings.table_name),
    executions=Executions(lambda: client("stepfunctions"), _settings.state_machine_arn),
    reviews=Reviews(lambda: client("sns"), _settings.reviews_topic_arn, _settings.pages_url),
    archive=Queue(_sqs, _settings.archive_queue_url),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_outcomes.handle, _logger, _metrics)
