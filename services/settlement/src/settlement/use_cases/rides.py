"""A partner's ride is over: it is owed from now on. Use case of the rides function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from settlement.adapters.ledger_table import LedgerTable
from settlement.domain.ledger import Contradiction, is_partner
from wild_rydes_contracts import RideCompleted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Rides:
    """Notes the ends of rides in the ledger: each once, however often, late or early it is told."""

    consumer: Consumer[RideCompleted]
    ledger: LedgerTable
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Note the rides of a batch. One that cannot be noted keeps back its own message, no others."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                outcome = self._note(message.data)
                self.logger.info(outcome, ride_id=message.data.ride_id, payee=message.data.responder_id)
                self.metrics.add_metric(f"Rides{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _note(self, ride: RideCompleted) -> str:
        if not is_partner(ride.responder_id):
            return "not owed"
        try:
            return (
                "over"
                if self.ledger.note_end(ride.ride_id, ride.responder_id, ride.completed_at)
                else "known"
            )
        except Contradiction as error:
            raise Unprocessable(str(error)) from None
