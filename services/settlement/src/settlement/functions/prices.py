"""QuoteAccepted → the ledger."""

import os

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.ledger_table import LedgerTable
from settlement.use_cases.prices import Prices
from wild_rydes_contracts import QuoteAccepted
from wild_rydes_messaging.consume import Consumer
from wild_rydes_runtime.aws import client
from wild_rydes_runtime.entrypoint import entrypoint

_logger = Logger()
_metrics = Metrics()
_prices = Prices(
    consumer=Consumer.from_environment(
        os.environ, QuoteAccepted, sqs=client("sqs"), logger=_logger, metrics=_metrics, late=True
    ),
    ledger=LedgerTable(client("dynamodb"), os.environ["TABLE_NAME"]),
    logger=_logger,
    metrics=_metrics,
)

handler = entrypoint(_prices.handle, _logger, _metrics)
