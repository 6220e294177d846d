"""Start a conversation for each completed ride. Use case of the requests function."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import Store, TooSoon
from feedback.domain.conversation import Machine
from wild_rydes_contracts import RideCompleted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received

ASKED_WITHIN = timedelta(days=3)
"""Who is asked of a ride longer ago does not remember it. It also keeps a replay of the archive from asking again."""


class Asking:
    """Chooses whom to ask: once for a ride, and no customer more than once a day."""

    def __init__(
        self,
        consumer: Consumer[RideCompleted],
        store: Store,
        machine: Machine,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._machine = machine
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Write the conversations of a batch of rides. The SMS leaves through the table's stream."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                outcome = self._open(message)
                self._logger.info(outcome, ride_id=message.data.ride_id)
                self._metrics.add_metric(f"Surveys{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _open(self, message: Received[RideCompleted]) -> str:
        ride, now = message.data, self._now()
        if now - ride.completed_at > ASKED_WITHIN:
            return "too late"
        conversation = self._machine.opened(
            ride_id=ride.ride_id,
            responder_id=ride.responder_id,
            customer_id=ride.customer_id,
            correlation_id=message.metadata.correlation_id,
            now=now,
        )
        try:
            return "opened" if self._store.open(conversation) else "known"
        except TooSoon:
            return "too soon"
