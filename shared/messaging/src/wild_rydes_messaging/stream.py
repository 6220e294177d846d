"""Consume a batch of changes from a table's stream: a record that cannot be read holds up none behind it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.parking import ParkingLot

Image = Mapping[str, Any]
"""An item in DynamoDB's JSON."""


@dataclass(frozen=True, slots=True)
class Record:
    """A change of the item whose `id` is `key`: `before` is None for a new item, `after` for one that was removed."""

    key: str
    before: Image | None
    after: Image | None
    raw: Mapping[str, Any] = field(repr=False)
    """The record as Lambda gave it."""


class StreamConsumer:
    """Receives the changes of one table whose partition key is `id`."""

    def __init__(self, parking_lot: ParkingLot, *, logger: Logger, metrics: Metrics) -> None:
        self.parking_lot = parking_lot
        self.logger = logger
        self.metrics = metrics

    def receive(self, event: Mapping[str, Any]) -> "StreamBatch":
        """Open a Lambda stream event. Read its records within `StreamBatch.attempt`, then call `StreamBatch.settle`."""
        return StreamBatch(self, event["Records"])


class StreamBatch:
    """The changes of one invocation. Iterating yields those that are a change of an item, in their order."""

    def __init__(self, consumer: StreamConsumer, raw: list[Mapping[str, Any]]) -> None:
        self._consumer = consumer
        self._raw = raw
        self._condemned: list[tuple[Mapping[str, Any], Exception]] = []

    def __len__(self) -> int:
        return len(self._raw)

    def __iter__(self) -> Iterator[Record]:
        for raw in self._raw:
            try:
                change = raw["dynamodb"]
                record = Record(
                    change["Keys"]["id"]["S"], change.get("OldImage"), change.get("NewImage"), raw
                )
            except (AttributeError, KeyError, TypeError) as error:
                self._condemned.append((raw, error))
            else:
                yield record

    @contextmanager
    def attempt(self, record: Record) -> Iterator[None]:
        """Read a record inside this context, and do nothing else: Lambda cannot be told which of a batch has failed.

        KeyError, TypeError, ValueError and Unprocessable mark the record as unreadable; any other error fails the batch.
        """
        try:
            yield
        except (KeyError, TypeError, ValueError, Unprocessable) as error:
            self._condemned.append((record.raw, error))

    def settle(self) -> None:
        """Park the unreadable records, each with its reason, when all others are seen to.

        Raises botocore's errors: the stream then brings the whole batch again.
        """
        consumer = self._consumer
        for raw, error in self._condemned:
            id_ = str(raw.get("eventID", ""))
            consumer.parking_lot.park(json.dumps(raw, default=str), error, queue="stream", event_id=id_)
            consumer.logger.error("parked", event_id=id_, error=type(error).__name__)
            consumer.metrics.add_metric("RecordsParked", MetricUnit.Count, 1)
