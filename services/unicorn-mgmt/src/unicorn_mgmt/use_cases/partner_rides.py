"""Book and cancel rides at one partner."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.client import Booking, PartnerClient
from unicorn_mgmt.adapters.partners.faults import CallFailed, Refused
from unicorn_mgmt.adapters.partners.line import PartnerLine
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import Confirmed, Declined, PartnerRide
from unicorn_mgmt.use_cases.owed_callbacks import Expectations
from wild_rydes_circuit_breaker import CircuitOpen
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received, RetryLater

BOOK, CANCEL = "book", "cancel"

BETWEEN_BOOKINGS = Backoff(base=1, cap=8)
"""The wait before the next attempt to book. The customer waits for a minute at most."""

BETWEEN_CANCELLATIONS = Backoff(base=1, cap=300)
"""The wait before the next attempt to cancel. Nobody waits for a cancellation; a partner that is down for an
hour must hear of it all the same."""

CANCELLED_WITHIN = timedelta(hours=4)
"""How long a partner may give no answer to a cancellation, before a person has to look."""


@dataclass(frozen=True, slots=True)
class PartnerBookings:
    """Calls the partner for each order, and notes what it says of a booking.

    A booking that gets neither yes nor no is tried again until its deadline. Then the saga times out, and its
    end cancels the ride here. One that cannot be tried again in time is refused at once, unless the partner may
    have the ride. A cancellation that gets no answer comes back until the consumer parks it, after
    `CANCELLED_WITHIN`. Repeated calls change nothing at the partner, for it knows the ride by its id.
    """

    client: PartnerClient
    line: PartnerLine
    rides: PartnerRideTable
    consumer: Consumer[RideOrder]
    expectations: Expectations
    callback_url: str
    logger: Logger
    now: Callable[[], datetime]
    uniform: Callable[[float, float], float] = random.uniform

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Carry out the orders of a Lambda SQS event, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.carry_out(message)
        return batch.settle()

    def carry_out(self, message: Received[RideOrder]) -> None:
        """Carry out one order.

        Raises RetryLater for a booking to try again, CircuitOpen or CallFailed for a cancellation.
        """
        if message.data.what == BOOK:
            self._book(message)
        else:
            self._cancel(message)

    def _book(self, message: Received[RideOrder]) -> None:
        booking = self._booking(message)
        try:
            answer = self._call(message, booking)
        except (CircuitOpen, CallFailed) as error:
            self._unanswered(message, error)
            return
        now = self.now()
        # A partner that calls back may have the ride from now on.
        ride = self._note(message, lambda ride: ride.heard(answer, now) if answer else ride.doubt(now))
        self.logger.info("noted", ride_id=booking.ride_id, state=ride.state if ride else "unknown")

    def _call(self, message: Received[RideOrder], booking: Booking) -> Confirmed | Declined | None:
        """Call the partner. If it refuses the first call, call once more: our secret is then read anew."""

        def once() -> Confirmed | Declined | None:
            return self.line.call(
                BOOK,
                lambda exchange, credentials: self.client.book(booking, exchange, credentials),
                outcome=lambda answer: answer.state if answer else "accepted",
                attempt=message.attempt,
                deadline=message.metadata.deadline,
                later=lambda call: self.expectations.expect(
                    message.metadata, booking.ride_id, booking.answer_by, call
                ),
            )

        try:
            return once()
        except Refused:
            if message.attempt > 1:
                raise
            return once()

    def _cancel(self, message: Received[RideOrder]) -> None:
        booking = self._booking(message)
        self.line.call(
            CANCEL,
            lambda exchange, credentials: self.client.cancel(booking, exchange, credentials),
            outcome=lambda _: "cancelled",
            attempt=message.attempt,
            deadline=None,
        )

    def _unanswered(self, message: Received[RideOrder], error: CircuitOpen | CallFailed) -> None:
        """Bring the order back after the partner's wait and a backoff, unless its deadline comes first.

        Then, or if no attempt will fare better, give the ride up. What became of an earlier delivery is not known:
        its worker may have died after the call.
        """
        now, deadline = self.now(), message.metadata.deadline
        delay = error.retry_after + BETWEEN_BOOKINGS.delay(message.attempt, self.uniform)
        in_time = deadline is not None and delay < (deadline - now).total_seconds()
        if message.attempt > 1 or not (isinstance(error, CircuitOpen) or error.harmless):
            self._note(message, lambda ride: ride.doubt(now))
        elif isinstance(error, Refused) or not in_time:
            ride = self._note(message, lambda ride: ride.give_up(now))
            if ride and ride.state == "refused":
                self.logger.warning("refused at once", ride_id=ride.id)
                return
        if in_time:
            raise RetryLater(delay)
        self.logger.warning(
            "left to the booking's deadline", ride_id=message.data.ride_id, deadline=str(deadline)
        )

    def _note(
        self, message: Received[RideOrder], rule: Callable[[PartnerRide], PartnerRide]
    ) -> PartnerRide | None:
        order = message.data
        change = self.rides.change(
            self.line.partner.id, order.ride_id, lambda ride: rule(ride) if ride else None
        )
        return change.after

    def _booking(self, message: Received[RideOrder]) -> Booking:
        order = message.data
        return Booking(
            self.line.partner,
            order.ride_id,
            order.rfq_id,
            order.price,
            message.metadata.deadline,
            self.callback_url,
            self.line.due(message.metadata.deadline),
        )
