"""Book and cancel rides at one partner. Use case of the consumer of its queue for rides."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.partners.client import Booking, Integration
from unicorn_mgmt.adapters.partners.faults import CallFailed
from unicorn_mgmt.adapters.partners.line import Line
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import Confirmed, PartnerRide, Refused
from wild_rydes_circuit_breaker import CircuitOpen
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received, RetryLater

BOOK, CANCEL = "book", "cancel"

BETWEEN_BOOKINGS = Backoff(base=1, cap=8)
"""How long to wait before a partner is asked again, while the customer waits for a minute at most."""

BETWEEN_CANCELLATIONS = Backoff(base=1, cap=300)
"""Nobody waits for a cancellation; a partner that is down for an hour must hear of it all the same."""


class Ordering:
    """Calls the partner for each order, and writes down what it says of a booking.

    A booking that gets neither yes nor no is tried again until its deadline; what happens then is the saga's business: it
    times out, and the ride is cancelled here. A cancellation that gets no answer comes back, until the consumer parks it. Both
    are the same to the partner however often they come, for it knows the ride by its id.
    """

    def __init__(
        self,
        integration: Integration,
        line: Line,
        rides: PartnerRides,
        *,
        consumer: Consumer[RideOrder],
        callback_url: str,
        logger: Logger,
        now: Callable[[], datetime],
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._integration = integration
        self._line = line
        self._rides = rides
        self._consumer = consumer
        self._callback_url = callback_url
        self._logger = logger
        self._now = now
        self._uniform = uniform

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Carry out the orders of a Lambda SQS event, one after the other."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.carry_out(message)
        return batch.settle()

    def carry_out(self, message: Received[RideOrder]) -> None:
        """Carry out one order. Raises RetryLater for a booking that is to be tried again, and what cancelling raised."""
        if message.data.what == BOOK:
            self._book(message)
        else:
            self._cancel(message)

    def _book(self, message: Received[RideOrder]) -> None:
        booking = self._booking(message)
        try:
            answer = self._line.call(
                BOOK,
                lambda call, credentials: self._integration.book(booking, call, credentials),
                outcome=_outcome,
                attempt=message.attempt,
                deadline=message.metadata.deadline,
            )
        except (CircuitOpen, CallFailed) as error:
            self._again(message, error.retry_after)
            return
        if answer is None:  # it calls back
            return

        def heard(ride: PartnerRide | None) -> PartnerRide | None:
            return ride.heard(answer, self._now()) if ride else None

        after = self._rides.change(booking.partner.id, booking.ride_id, heard).after
        self._logger.info("noted", ride_id=booking.ride_id, state=after.state if after else "unknown")

    def _cancel(self, message: Received[RideOrder]) -> None:
        booking = self._booking(message)
        self._line.call(
            CANCEL,
            lambda call, credentials: self._integration.cancel(booking, call, credentials),
            outcome=lambda _: "cancelled",
            attempt=message.attempt,
            deadline=None,
        )

    def _again(self, message: Received[RideOrder], at_least: float) -> None:
        """Have the order come back after what the partner asked for and a backoff, unless that is past its deadline."""
        delay = at_least + BETWEEN_BOOKINGS.delay(message.attempt, self._uniform)
        deadline = message.metadata.deadline
        if deadline and self._now() + timedelta(seconds=delay) < deadline:
            raise RetryLater(delay)
        self._logger.warning(
            "left to the booking's deadline", ride_id=message.data.ride_id, deadline=str(deadline)
        )

    def _booking(self, message: Received[RideOrder]) -> Booking:
        order = message.data
        return Booking(
            self._line.partner,
            order.ride_id,
            order.rfq_id,
            order.price,
            message.metadata.deadline,
            self._callback_url,
        )


def _outcome(answer: Confirmed | Refused | None) -> str:
    match answer:
        case Confirmed():
            return "confirmed"
        case Refused():
            return "refused"
    return "accepted"
