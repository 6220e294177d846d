"""What the table's stream tells becomes messages. Use case of the outbox."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.model import Ride, Unicorn
from unicorn_mgmt.store import DECISION, from_image, rejection_from
from wild_rydes_contracts import Envelope, Event, RideCompleted, RideConfirmed, RideRejected
from wild_rydes_messaging.metadata import first_of
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher

CANCELLED = "cancelled-by-unicorn"


class Telling:
    """Announces rides that were confirmed, rejected, completed or given up.

    Ids of messages are derived from what happened, so that a batch handled twice says the same again.
    """

    def __init__(
        self, publisher: Publisher, parking_lot: ParkingLot, *, logger: Logger, metrics: Metrics
    ) -> None:
        self._publisher = publisher
        self._parking_lot = parking_lot
        self._logger = logger
        self._metrics = metrics

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a batch of stream records tells.

        Raises DeliveryError when anything was not accepted, and botocore's errors when a record cannot be parked: the
        stream then brings the whole batch again.
        """
        events: list[Envelope[Event]] = []
        poison: list[tuple[Mapping[str, Any], Exception]] = []
        for record in event["Records"]:
            try:
                told = told_by(record)
            except (KeyError, TypeError, ValueError) as error:
                poison.append((record, error))
            else:
                events += [told] if told else []
        if events:
            self._publisher.publish(events)
        for envelope in events:
            self._logger.info(
                "published",
                correlation_id=envelope.metadata.correlation_id,
                message_type=envelope.data.name,
                event_id=str(envelope.metadata.event_id),
            )
        for record, reason in poison:
            self._park(record, reason)
        if not events and not poison:
            self._logger.info("nothing to tell", records=len(event["Records"]))

    def _park(self, record: Mapping[str, Any], error: Exception) -> None:
        self._parking_lot.park(
            json.dumps(record), error, queue="stream", event_id=str(record.get("eventID", ""))
        )
        self._logger.error("parked", event_id=record.get("eventID"), error=type(error).__name__)
        self._metrics.add_metric("RecordsParked", MetricUnit.Count, 1)


def told_by(record: Mapping[str, Any]) -> Envelope[Event] | None:
    """What a stream record has to tell the bus, if anything. Raises KeyError, ValueError or TypeError for garbage."""
    change = record["dynamodb"]
    id_ = change["Keys"]["id"]["S"]
    match record["eventName"]:
        case "INSERT" if id_.startswith(DECISION):
            no = rejection_from(change["NewImage"])
            rejected = RideRejected(
                ride_id=no.ride_id, rfq_id=no.rfq_id, responder_id=no.responder_id, reason=no.reason
            )
            return _event(rejected, no.rfq_id, no.at)
        case "MODIFY" if not id_.startswith(DECISION):
            return _ride_event(from_image(change["OldImage"]), from_image(change["NewImage"]))
    return None


def _ride_event(before: Unicorn, after: Unicorn) -> Envelope[Event] | None:
    if after.ride and before.ride is None:
        ride = after.ride
        return _event(
            RideConfirmed(ride_id=ride.id, rfq_id=ride.rfq_id, responder_id=after.id), ride.rfq_id, ride.since
        )
    if before.ride and after.ride is None:
        return _ended(before.ride, after)
    return None


def _ended(ride: Ride, unicorn: Unicorn) -> Envelope[Event] | None:
    ending = unicorn.recent[ride.id]
    event: Event
    match ending.outcome:
        case "completed":
            event = RideCompleted(
                ride_id=ride.id,
                rfq_id=ride.rfq_id,
                responder_id=unicorn.id,
                customer_id=ride.customer_id,
                completed_at=ending.at,
            )
        case "cancelled":
            event = RideRejected(
                ride_id=ride.id, rfq_id=ride.rfq_id, responder_id=unicorn.id, reason=CANCELLED
            )
        case _:  # released: it was the booking's end that ended the ride, and is known
            return None
    return _event(event, ride.rfq_id, ending.at)


def _event(event: Event, rfq_id: str, at: datetime) -> Envelope[Event]:
    return Envelope(metadata=first_of(type(event), correlation_id=rfq_id, occurred_at=at), data=event)
