"""Close RFQs at their deadline. Use case of the closer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.deadlines import RfqDeadline
from ride_booking.store import RfqTable
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import RetryLater


class Closing:
    """Completes by deadline what is still running then."""

    def __init__(
        self,
        consumer: Consumer[RfqDeadline],
        rfqs: RfqTable,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._rfqs = rfqs
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Close the RFQs of a batch. One whose write fails keeps back its own message, no others."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._close(message.data.rfq_id)
        return batch.settle()

    def _close(self, rfq_id: str) -> None:
        now = self._now()
        change = self._rfqs.change(rfq_id, lambda rfq: rfq.close(now))
        if change is None:
            self._logger.warning("dropped: no such RFQ")
            self._metrics.add_metric("DeadlinesOfUnknownRfq", MetricUnit.Count, 1)
            return
        if change.after.completion is None:  # our clock is behind that of the queue
            raise RetryLater(ceil((change.after.deadline - now).total_seconds()))
        if change.completed_by:
            self._logger.info("completed", completed_by=change.completed_by)
