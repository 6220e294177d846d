"""Batches of RFQs → RFQs, and what became of each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics

from ride_booking.adapters.batch_table import BatchTable
from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain.rfq_batch import RfqBatch
from ride_booking.use_cases.batches import Batches
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of this function. A client has as many open RFQs as its tier allows."""

    table_name: str
    open_rfqs: Mapping[str, int]


_settings = read(Settings, os.environ)
_logger = Logger()
_metrics = Metrics()
_dynamodb = client("dynamodb")
_batches = Batches(
    consumer=Consumer.from_environment(
        os.environ, RfqBatch, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    open_rfqs=OpenRfqs(_dynamodb, _settings.table_name, RfqTable(_dynamodb, _settings.table_name)),
    batches=BatchTable(_dynamodb, _settings.table_name),
    limits=_settings.open_rfqs,
    logger=_logger,
    now=now,
)

handler = entrypoint(_batches.handle, _logger, _metrics)
