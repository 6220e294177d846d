"""Changes in the table's stream → events on the bus, and scores in the responders' ratings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger, Metrics

from feedback.adapters.feedback_table import FeedbackTable
from feedback.domain.conversation import SurveyMachine
from feedback.domain.flow import flow
from feedback.use_cases.outbox import Outbox
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class _Settings:
    table_name: str
    bus_name: str
    dead_letter_queue_url: str
    limits: Mapping[str, int] = field(default_factory=dict)
    """Replace those of the flow; the same for all functions."""


_settings = read(_Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_parking_lot = ParkingLot(client("sqs"), _settings.dead_letter_queue_url, logger=_logger, metrics=_metrics)
_outbox = Outbox(
    consumer=StreamConsumer(_parking_lot),
    publisher=Publisher(
        client("events"), _settings.bus_name, parking_lot=_parking_lot, logger=_logger, metrics=_metrics
    ),
    table=FeedbackTable(
        client("dynamodb"), _settings.table_name, SurveyMachine(flow().with_limits(_settings.limits))
    ),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_outbox.handle, _logger, _metrics)
