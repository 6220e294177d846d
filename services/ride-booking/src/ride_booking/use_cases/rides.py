"""Settle bookings by the news of their rides."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import Ride, parse_ride_id
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Unprocessable

News: TypeAlias = RideConfirmed | RideRejected | RideCompleted


@dataclass(frozen=True, slots=True, kw_only=True)
class RideNews:
    """Folds a batch of news from the responders into one write for each RFQ."""

    consumer: Consumer[News]
    rfqs: RfqTable
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Settle the bookings of a batch. If the write of an RFQ fails, only its own messages come again."""
        batch = self.consumer.receive(event)
        by_rfq = defaultdict(list)
        for message in batch:
            with batch.attempt(message):
                check_ride(message.data)
                by_rfq[message.data.rfq_id].append(message)
        for rfq_id, messages in by_rfq.items():
            with batch.attempt(*messages):
                self._settle(rfq_id, [message.data for message in messages])
        return batch.settle()

    def _settle(self, rfq_id: str, news: list[News]) -> None:
        now = self.now()

        def apply_all(rfq: Rfq) -> Rfq:
            for one in news:
                rfq = apply_news(rfq, one, now)
            return rfq

        # A stale read may not show the ride yet, and news of it would be dropped.
        change = self.rfqs.change(rfq_id, apply_all, consistent=True)
        if change is None:
            self.logger.warning("dropped: no such RFQ", messages=len(news))
            self.metrics.add_metric("NewsOfUnknownRide", MetricUnit.Count, len(news))
            return
        self.logger.info(
            "settled",
            phase=change.after.phase,
            rides=len(change.after.rides),
            changed=change.after != change.before,
        )


def check_ride(news: News) -> None:
    """Raise Unprocessable unless the news is of a ride of its own RFQ: it must not condemn the news beside it."""
    try:
        rfq_id, _ = parse_ride_id(news.ride_id)
    except ValueError as error:
        raise Unprocessable(str(error)) from None
    if rfq_id != news.rfq_id:
        raise Unprocessable("a ride of another RFQ")


def apply_news(rfq: Rfq, news: News, now: datetime) -> Rfq:
    """Apply the news of one ride to its RFQ. News from any responder but the ride's own changes nothing."""
    _, number = parse_ride_id(news.ride_id)

    def transition(ride: Ride) -> Ride:
        if ride.responder != news.responder_id:
            return ride
        match news:
            case RideConfirmed():
                return ride.confirm(now)
            case RideRejected(reason=reason):
                return ride.reject(reason, now)
            case RideCompleted():
                return ride.complete(now)

    return rfq.change_ride(number, transition)
