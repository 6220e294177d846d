"""The outbox: what the table's stream tells of an RFQ becomes messages. Use case of the requester."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import from_item
from ride_booking.adapters.status_documents import Documents
from ride_booking.domain.announcements import events_of, timers_of
from ride_booking.domain.deadline import RfqDeadline
from ride_booking.domain.rfq import Rfq
from wild_rydes_contracts import Envelope, Event, RfqCompleted
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.queue import Outgoing, Queue
from wild_rydes_messaging.stream import Poison


class Outbox:
    """Announces new and completed RFQs and the steps of their rides on the bus, and sets the timers of the new ones.

    Keeps the status documents true that customers have asked for.

    Ids of messages are derived from what happened, so that a batch handled twice says the same again.
    """

    def __init__(
        self,
        publisher: Publisher,
        deadlines: Queue,
        parking_lot: ParkingLot,
        documents: Documents,
        *,
        reply_to: str,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._publisher = publisher
        self._deadlines = deadlines
        self._parking_lot = parking_lot
        self._documents = documents
        self._reply_to = reply_to
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a batch of stream records tells.

        Raises DeliveryError when anything was not accepted, and botocore's errors when a record cannot be parked or a
        document not written: the stream then brings the whole batch again.
        """
        timers: list[Outgoing] = []
        events: list[Envelope[Event]] = []
        documents: dict[str, Rfq] = {}
        poison = Poison(self._parking_lot, logger=self._logger, metrics=self._metrics)
        for record in event["Records"]:
            with poison.caught(record):
                old, new = _images(record)
                if new:
                    told = list(events_of(old, new, self._reply_to))
                    timers += timers_of(old, new, self._now())
                    events += told
                    if new.document:
                        documents[new.id] = new  # of several states in a batch, the last
        # The timers first: what nobody hears of must end all the same.
        self._schedule(timers)
        self._publish(events)
        for rfq in documents.values():
            self._documents.write(rfq)
        poison.park()

    def _schedule(self, timers: Sequence[Outgoing]) -> None:
        if timers:
            self._deadlines.send(timers)
        for timer in timers:
            self._logger.info(
                "scheduled",
                correlation_id=timer.key.partition(".")[0],
                message_type=RfqDeadline.name,
                delay=timer.delay,
            )

    def _publish(self, events: Sequence[Envelope[Event]]) -> None:
        if events:
            self._publisher.publish(events)
        for event in events:
            self._logger.info(
                "published",
                correlation_id=event.metadata.correlation_id,
                message_type=event.data.name,
                event_id=str(event.metadata.event_id),
            )
            self._metrics.add_metric(_metric(event.data), MetricUnit.Count, 1)


def _images(record: Mapping[str, Any]) -> tuple[Rfq | None, Rfq | None]:
    """The RFQ before and after a write; an item that is gone has nothing to tell."""
    change = record["dynamodb"]
    match record["eventName"]:
        case "INSERT":
            return None, from_item(change["NewImage"])
        case "MODIFY":
            return from_item(change["OldImage"]), from_item(change["NewImage"])
    return None, None


def _metric(event: Event) -> str:
    """What counts an event: completions are told apart by their kind."""
    if isinstance(event, RfqCompleted):
        return f"RfqCompletedBy{event.completed_by.title().replace('-', '')}"
    return event.name
