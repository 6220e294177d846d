"""Confirm or reject rides, and let go of those that came to nothing. Use case of the bookings consumer."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.unicorn_table import Rejection, Store
from unicorn_mgmt.domain.partner_ride import Terms, asked, released
from unicorn_mgmt.domain.unicorn import Ride
from wild_rydes_contracts import Metadata, QuoteAccepted, RideBookingFailed
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Unprocessable


class Confirming:
    """One conditional write on the unicorn decides a booking: of two customers, one gets it.

    What was decided leaves through the table's stream. Duplicates, and messages that come in any order, change nothing
    that was decided before. A partner decides for itself: here it is noted that it is to be asked, or to let go.
    """

    def __init__(
        self,
        consumer: Consumer[QuoteAccepted | RideBookingFailed],
        store: Store,
        partner_rides: PartnerRides,
        *,
        partners: Collection[str],
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._partner_rides = partner_rides
        self._partners = partners
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Decide the bookings of a Lambda SQS event. One whose write fails keeps back its own message, no other."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.decide(message.data, message.metadata)
        return batch.settle()

    def decide(self, message: QuoteAccepted | RideBookingFailed, metadata: Metadata) -> None:
        """Take in one message. Raises Unprocessable for a booking at a partner without a deadline: nobody would end it."""
        partner = message.responder_id in self._partners
        match message:
            case QuoteAccepted() if partner:
                self._ask_partner(message, metadata.deadline)
            case QuoteAccepted():
                self._decide(message)
            case RideBookingFailed() if partner:
                self._release_partner(message)
            case RideBookingFailed():
                self._release(message)

    def _ask_partner(self, booking: QuoteAccepted, deadline: datetime | None) -> None:
        if deadline is None:
            raise Unprocessable("a booking without a deadline")
        terms = Terms(booking.rfq_id, booking.customer_id, booking.price)
        ride = asked(booking.ride_id, booking.responder_id, terms, deadline, self._now())
        change = self._partner_rides.change(ride.partner_id, ride.id, lambda known: known or ride)
        self._note("asked", ride.id, partner=ride.partner_id, again=change.before is not None)

    def _release_partner(self, failed: RideBookingFailed) -> None:
        now = self._now()
        change = self._partner_rides.change(
            failed.responder_id,
            failed.ride_id,
            lambda ride: ride.release(now) if ride else released(failed.ride_id, failed.responder_id, now),
        )
        cancels = change.before is not None and change.before != change.after
        self._note("released", failed.ride_id, reason=failed.reason, cancels=cancels)

    def _decide(self, booking: QuoteAccepted) -> None:
        ride = Ride(booking.ride_id, booking.rfq_id, booking.customer_id, self._now())
        change = self._store.change(booking.responder_id, lambda unicorn: unicorn.take(ride))
        unicorn = change.after if change else None
        if unicorn and unicorn.ride and unicorn.ride.id == ride.id:
            self._note("confirmed", ride.id, again=change is not None and change.before == change.after)
        elif unicorn and ride.id in unicorn.recent:
            self._note("over before it began", ride.id)
        else:
            reason = "unicorn-busy" if unicorn and unicorn.ride else "unicorn-gone"
            rejection = Rejection(ride.id, ride.rfq_id, booking.responder_id, reason, self._now())
            self._note("rejected", ride.id, reason=reason, again=not self._store.reject(rejection))

    def _release(self, failed: RideBookingFailed) -> None:
        change = self._store.change(
            failed.responder_id, lambda unicorn: unicorn.release(failed.ride_id, self._now())
        )
        freed = bool(change and change.before.ride and not change.after.ride)
        self._note("released", failed.ride_id, reason=failed.reason, freed=freed)

    def _note(self, what: str, ride_id: str, **more: object) -> None:
        self._logger.info(what, ride_id=ride_id, **more)  # type: ignore[arg-type]
        if not more.get("again"):
            self._metrics.add_metric(f"Ride{what.title().replace(' ', '')}", MetricUnit.Count, 1)
