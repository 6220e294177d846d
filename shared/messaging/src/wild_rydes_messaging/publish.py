"""Publish events to the bus."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_contracts import Envelope, Event
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_messaging.deliver import (
    DEFAULT_RETRIES,
    Delivery,
    DeliveryError,
    Entry,
    Receipt,
    Retries,
    failure,
)
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.parking import ParkingLot, about
from wild_rydes_messaging.transient import is_transient_code

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MAX_BYTES = 256 * 1024 - 1
"""The limit of PutEvents for one entry and for a call: "must be less than 256 KB".
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""

_TIME_BYTES = 14

BUS = "bus"
"""Where a parked event was to go."""


class Publisher:
    """Puts events on one bus. Logs each, and counts it in the metric that has the event's name.

    An event that the bus will never take, or no reader of its contract, is parked with the reason: it must not hold up
    those behind it.
    """

    def __init__(
        self,
        events: "EventBridgeClient",
        bus_name: str,
        *,
        parking_lot: ParkingLot,
        logger: Logger,
        metrics: Metrics,
        retries: Retries = DEFAULT_RETRIES,
    ) -> None:
        self._events = events
        self._bus_name = bus_name
        self._parking_lot = parking_lot
        self._logger = logger
        self._metrics = metrics
        self._delivery = Delivery(self._put, MAX_BYTES, retries)

    def publish(self, envelopes: Sequence[Envelope[Event]]) -> tuple[Receipt, ...]:
        """Publish all events, and park those that are refused for what they are.

        Receipts are keyed by event id, in order; that of a parked event has an error.

        Raises DeliveryError, with all receipts, if an event was not accepted for another reason, and botocore's
        errors if one cannot be parked. The caller then publishes all of them again, under the same ids.
        """
        try:
            receipts = self._delivery.deliver([self._entry(envelope) for envelope in envelopes])
        except DeliveryError as error:
            if not all(receipt.invalid for receipt in error.failed):
                raise
            receipts = error.receipts
        for envelope, receipt in zip(envelopes, receipts, strict=True):
            if receipt.error:
                refused = receipt.cause or Unprocessable(f"event refused: {receipt.error}")
                self._parking_lot.park_message(envelope, refused, queue=BUS)
            else:
                self._logger.info("published", extra=about(envelope))
                self._metrics.add_metric(envelope.data.name, MetricUnit.Count, 1)
        return receipts

    def _entry(self, envelope: Envelope[Event]) -> "Entry[PutEventsRequestEntryTypeDef] | Receipt":
        key = str(getattr(envelope.metadata, "event_id", None))  # of an envelope that may be anything
        try:
            event, detail = envelope.data, envelope.to_json()
        except InvalidMessage as error:
            return failure(key, error)
        return Entry(
            key=key,
            size=_TIME_BYTES + len(event.source) + len(event.name) + len(detail.encode()),
            payload={
                "EventBusName": self._bus_name,
                "Source": event.source,
                "DetailType": event.name,
                "Detail": detail,
                "Time": envelope.metadata.occurred_at,
            },
        )

    def _put(self, chunk: "Sequence[Entry[PutEventsRequestEntryTypeDef]]") -> list[Receipt]:
        response = self._events.put_events(Entries=[entry.payload for entry in chunk])
        receipts = []
        for entry, result in zip(chunk, response["Entries"], strict=True):
            code = result.get("ErrorCode")
            receipts.append(Receipt(entry.key, code, transient=code is not None and is_transient_code(code)))
        return receipts
