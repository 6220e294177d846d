"""The outbox: what the table's stream tells of an RFQ becomes messages. Use case of the requester."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.deadlines import RfqDeadline
from ride_booking.model import Completion, Rfq
from ride_booking.store import from_item
from wild_rydes_contracts import Coordinates, Envelope, Event, ResponderCounts, RfqCompleted, RfqRequested
from wild_rydes_messaging.metadata import first_of
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.queue import Outgoing, Queue

LONGEST_DELAY = 900
"""SQS delays a message by 15 minutes at most, which is also the longest an RFQ runs."""


class Outbox:
    """Announces new and completed RFQs on the bus, and sets the timer of the new ones.

    Ids of messages are derived from what happened, so that a batch handled twice says the same again.
    """

    def __init__(
        self,
        publisher: Publisher,
        deadlines: Queue,
        parking_lot: ParkingLot,
        *,
        reply_to: str,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._publisher = publisher
        self._deadlines = deadlines
        self._parking_lot = parking_lot
        self._reply_to = reply_to
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a batch of stream records tells.

        Raises DeliveryError when anything was not accepted, and botocore's errors when a record cannot be parked: the
        stream then brings the whole batch again.
        """
        timers: list[Outgoing] = []
        events: list[Envelope[Event]] = []
        poison: list[tuple[Mapping[str, Any], Exception]] = []
        for record in event["Records"]:
            try:
                announcement = self._announcement(record)
                if announcement:
                    events.append(announcement[1])
                    timers += self._timer(*announcement)
            except (KeyError, TypeError, ValueError) as error:
                poison.append((record, error))
        # The timer first: an RFQ of which nobody hears must close all the same.
        self._schedule(timers)
        self._publish(events)
        for record, reason in poison:
            self._park(record, reason)

    def _announcement(self, record: Mapping[str, Any]) -> tuple[Rfq, Envelope[Event]] | None:
        """What a record has to tell the world, if anything."""
        change = record["dynamodb"]
        match record["eventName"]:
            case "INSERT":
                rfq = from_item(change["NewImage"])
                return rfq, self._requested(rfq)
            case "MODIFY":
                rfq = from_item(change["NewImage"])
                if rfq.completion and from_item(change["OldImage"]).completion is None:
                    return rfq, _completed(rfq, rfq.completion)
        return None

    def _requested(self, rfq: Rfq) -> Envelope[Event]:
        metadata = first_of(
            RfqRequested,
            correlation_id=rfq.id,
            occurred_at=rfq.created_at,
            reply_to=self._reply_to,
            deadline=rfq.deadline,
        )
        start, destination = (Coordinates(lat=p.lat, lon=p.lon) for p in (rfq.start, rfq.destination))
        return Envelope(
            metadata=metadata, data=RfqRequested(rfq_id=rfq.id, start=start, destination=destination)
        )

    def _timer(self, rfq: Rfq, event: Envelope[Event]) -> Sequence[Outgoing]:
        if not isinstance(event.data, RfqRequested):
            return ()
        metadata = first_of(RfqDeadline, correlation_id=rfq.id, occurred_at=rfq.created_at)
        body = Envelope(metadata=metadata, data=RfqDeadline(rfq_id=rfq.id)).to_json()
        remaining = math.ceil((rfq.deadline - self._now()).total_seconds())
        return (Outgoing(rfq.id, body, delay=min(max(remaining, 0), LONGEST_DELAY)),)

    def _schedule(self, timers: Sequence[Outgoing]) -> None:
        if timers:
            self._deadlines.send(timers)
        for timer in timers:
            self._logger.info(
                "scheduled", correlation_id=timer.key, message_type=RfqDeadline.name, delay=timer.delay
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

    def _park(self, record: Mapping[str, Any], error: Exception) -> None:
        self._parking_lot.park(
            json.dumps(record),
            error,
            queue="stream",
            event_id=str(record.get("eventID", "")),
        )
        self._logger.error("parked", event_id=record.get("eventID"), error=type(error).__name__)
        self._metrics.add_metric("RecordsParked", MetricUnit.Count, 1)


def _completed(rfq: Rfq, completion: Completion) -> Envelope[Event]:
    return Envelope(
        metadata=first_of(RfqCompleted, correlation_id=rfq.id, occurred_at=completion.at),
        data=RfqCompleted(
            rfq_id=rfq.id,
            completed_by=completion.by,
            completed_at=completion.at,
            responders=ResponderCounts.model_validate(asdict(rfq.counts())),
        ),
    )


def _metric(event: Event) -> str:
    """What counts an event: completions are told apart by their kind."""
    if isinstance(event, RfqCompleted):
        return f"RfqCompletedBy{event.completed_by.title().replace('-', '')}"
    return event.name
