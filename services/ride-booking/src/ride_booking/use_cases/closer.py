"""Close RFQs, and fail bookings, at their deadline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain.deadline import RfqDeadline
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import TIMED_OUT
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import RetryLater


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    """Completes RFQs that still run at their deadline, and rejects rides that are still pending at theirs."""

    consumer: Consumer[RfqDeadline]
    rfqs: RfqTable
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Close the RFQs of a batch. If the write of one fails, only its own message comes again."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._close(message.data)
        return batch.settle()

    def _close(self, due: RfqDeadline) -> None:
        now = self.now()
        # A stale read may not show the ride yet; the RFQ itself it always finds, and its end is never undone.
        change = self.rfqs.change(
            due.rfq_id, lambda rfq: _closed(rfq, due.ride, now), consistent=due.ride is not None
        )
        if change is None:
            self.logger.warning("dropped: no such RFQ")
            self.metrics.add_metric("DeadlinesOfUnknownRfq", MetricUnit.Count, 1)
            return
        still_open = _still_open_until(change.after, due.ride)
        if still_open:  # our clock is behind that of the queue
            raise RetryLater(ceil((still_open - now).total_seconds()))
        if how := change.after.completed_since(change.before):
            self.logger.info("completed", completed_by=how)
        elif due.ride and change.after != change.before:
            self.logger.info("booking failed", ride=due.ride, reason=TIMED_OUT)


def _closed(rfq: Rfq, ride: int | None, now: datetime) -> Rfq:
    return rfq.close(now) if ride is None else rfq.change_ride(ride, lambda found: found.time_out(now))


def _still_open_until(rfq: Rfq, ride: int | None) -> datetime | None:
    if ride is None:
        return None if rfq.completion else rfq.deadline
    found = rfq.ride(ride)
    return found.deadline if found and found.status == "pending" else None
