"""A customer has accepted a partner's quote: that is the price of the ride. Use case of the prices function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.ledger_table import LedgerTable
from settlement.domain.ledger import Contradiction, is_partner
from wild_rydes_contracts import QuoteAccepted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Notes the prices of rides in the ledger. The consumer is `late`: a price counts however late it is heard of."""

    consumer: Consumer[QuoteAccepted]
    ledger: LedgerTable
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Note the prices of a batch. One that cannot be noted keeps back its own message, no others."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                outcome = self._note(message)
                self.logger.info(outcome, ride_id=message.data.ride_id, payee=message.data.responder_id)
                self.metrics.add_metric(f"Prices{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _note(self, message: Received[QuoteAccepted]) -> str:
        quote = message.data
        if not is_partner(quote.responder_id):
            return "not owed"
        try:
            noted = self.ledger.note_price(
                quote.ride_id, quote.responder_id, quote.price, message.metadata.occurred_at
            )
        except Contradiction as error:
            raise Unprocessable(str(error)) from None
        return "noted" if noted else "known"
