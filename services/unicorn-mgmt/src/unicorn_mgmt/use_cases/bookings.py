"""Confirm or reject rides, and let go of those whose booking has failed."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.partner_ride import PartnerRide, Terms, asked, released
from unicorn_mgmt.domain.unicorn import REMEMBERED_FOR, Rejection, Ride, Unicorn
from unicorn_mgmt.domain.vehicle import is_vehicle
from wild_rydes_contracts import Metadata, QuoteAccepted, RideBookingFailed
from wild_rydes_dynamodb.change import Change
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Unprocessable


@dataclass(frozen=True, slots=True)
class Bookings:
    """Decides each booking with one conditional write on the unicorn: of two customers, one gets it.

    Decisions leave through the table's stream. Duplicates, and messages in any order, change nothing that was
    decided before. A partner decides for itself: the table only notes that it has to be called. `partners`
    are their ids.

    A vehicle of a fleet comes on the books with its first booking, in a write of its own that tells nobody anything. It
    takes no ride once it is retired, but a ride that it has goes on.
    """

    consumer: Consumer[QuoteAccepted | RideBookingFailed]
    unicorns: UnicornTable
    vehicles: VehicleTable
    partner_rides: PartnerRideTable
    partners: Collection[str]
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Decide the bookings of a Lambda SQS event.

        A write that fails keeps back its own message and no other.
        """
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.decide(message.data, message.metadata)
        return batch.settle()

    def decide(self, message: QuoteAccepted | RideBookingFailed, metadata: Metadata) -> None:
        """Decide one message.

        Raises Unprocessable for a booking at a partner without a deadline: nobody would end it.
        """
        partner = message.responder_id in self.partners
        match message:
            case QuoteAccepted() if partner:
                self._ask_partner(message, metadata.deadline)
            case QuoteAccepted():
                self._decide(message)
            case RideBookingFailed() if partner:
                self._release_partner(message, metadata.occurred_at)
            case RideBookingFailed():
                self._release(message, metadata.occurred_at)

    def _ask_partner(self, booking: QuoteAccepted, deadline: datetime | None) -> None:
        if deadline is None:
            raise Unprocessable("a booking without a deadline")
        terms = Terms(booking.rfq_id, booking.customer_id, booking.price, booking.time_zone)
        ride = asked(booking.ride_id, booking.responder_id, terms, deadline, self.now())
        change = self.partner_rides.change(ride.partner_id, ride.id, lambda known: known or ride)
        self._note("asked", ride.id, partner=ride.partner_id, again=change.before is not None)

    def _release_partner(self, failed: RideBookingFailed, failed_at: datetime) -> None:
        now = self.now()

        def release(ride: PartnerRide | None) -> PartnerRide | None:
            if ride:
                return ride.release(now)
            if now - failed_at >= REMEMBERED_FOR:  # the booking comes no more
                return None
            return released(failed.ride_id, failed.responder_id, now)

        change = self.partner_rides.change(failed.responder_id, failed.ride_id, release)
        cancels = change.before is not None and change.before != change.after
        self._note("released", failed.ride_id, reason=failed.reason, cancels=cancels)

    def _decide(self, booking: QuoteAccepted) -> None:
        ride = Ride(booking.ride_id, booking.rfq_id, booking.customer_id, self.now(), booking.time_zone)
        change = self._changed(
            booking.responder_id, lambda unicorn: unicorn.take(ride), retired=lambda known: known
        )
        unicorn = change.after if change else None
        if unicorn and unicorn.ride and unicorn.ride.id == ride.id:
            self._note("confirmed", ride.id, again=change is not None and change.before == change.after)
        elif unicorn and ride.id in unicorn.recent:
            self._note("over before it began", ride.id)
        else:
            reason = "unicorn-busy" if unicorn and unicorn.ride else "unicorn-gone"
            rejection = Rejection(ride.id, ride.rfq_id, booking.responder_id, reason, self.now())
            self._note("rejected", ride.id, reason=reason, again=not self.unicorns.reject(rejection))

    def _release(self, failed: RideBookingFailed, failed_at: datetime) -> None:
        change = self._changed(
            failed.responder_id, lambda unicorn: unicorn.release(failed.ride_id, failed_at, self.now())
        )
        freed = bool(change and change.before.ride and not change.after.ride)
        self._note("released", failed.ride_id, reason=failed.reason, freed=freed)

    def _changed(
        self,
        responder_id: str,
        rule: Callable[[Unicorn], Unicorn],
        retired: Callable[[Unicorn], Unicorn] | None = None,
    ) -> Change[Unicorn] | None:
        """Apply a rule, or `retired` to a vehicle that is. Return None if there is no such unicorn."""
        if not is_vehicle(responder_id):
            return self.unicorns.change(responder_id, rule)
        vehicle = self.vehicles.get(responder_id)
        if retired and (vehicle is None or vehicle.retired):
            return self.unicorns.change(responder_id, retired)
        change = self.unicorns.change(responder_id, rule)
        if change is None and vehicle:
            self.unicorns.admit(vehicle)
            change = self.unicorns.change(responder_id, rule)
        return change

    def _note(self, what: str, ride_id: str, **more: object) -> None:
        self.logger.info(what, ride_id=ride_id, **more)  # type: ignore[arg-type]
        if what in _METRICS and not more.get("again"):
            self.metrics.add_metric(_METRICS[what], MetricUnit.Count, 1)


_METRICS = {
    "asked": "RideAsked",
    "released": "RideReleased",
    "over before it began": "RideOverBeforeItBegan",
}
"""What no event tells. Confirmed and rejected rides are counted as they are published."""
