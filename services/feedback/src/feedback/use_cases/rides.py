"""Open a conversation about each completed ride. Use case of the rides function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import FeedbackTable, TooSoon
from feedback.domain.conversation import SurveyMachine
from feedback.domain.frequency_cap import Capped
from wild_rydes_contracts import RideCompleted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received

ASKED_WITHIN = timedelta(days=3)
"""Nobody remembers an older ride."""


@dataclass(frozen=True, kw_only=True)
class SurveyOpener:
    """Chooses whom to ask: once about a ride, and no customer more often than the limits allow."""

    consumer: Consumer[RideCompleted]
    table: FeedbackTable
    machine: SurveyMachine
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Open the conversations about a batch of rides. The first SMS leaves through the table's stream."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                outcome, capped = self._open(message)
                until = {"until": capped.until.isoformat()} if capped else {}
                self.logger.info(outcome, ride_id=message.data.ride_id, extra=until)
                self.metrics.add_metric(f"Surveys{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _open(self, message: Received[RideCompleted]) -> tuple[str, Capped | None]:
        ride, now = message.data, self.now()
        if now - ride.completed_at > ASKED_WITHIN:
            return "too late", None
        conversation = self.machine.opened(
            ride_id=ride.ride_id,
            responder_id=ride.responder_id,
            customer_id=ride.customer_id,
            correlation_id=message.metadata.correlation_id,
            now=now,
            time_zone=ride.time_zone,
        )
        try:
            return "opened" if self.table.open(conversation, ride.completed_at) else "known", None
        except TooSoon as error:
            return error.capped.why, error.capped
