"""RideCompleted → the ledger."""

import os

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.ledger_table import LedgerTable
from settlement.use_cases.rides import Rides
from wild_rydes_contracts import RideCompleted
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_logger = Logger()
_metrics = Metrics()
_rides = Rides(
    consumer=Consumer.from_environment(
        os.environ, RideCompleted, sqs=client("sqs"), logger=_logger, metrics=_metrics
    ),
    ledger=LedgerTable(client("dynamodb"), os.environ["TABLE_NAME"]),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_rides.handle, _logger, _metrics)
