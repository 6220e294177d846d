"""Consume a batch of changes from a table's stream: an unreadable record does not hold up those behind it."""

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
    """A change of the item with the id `key`. `before` is None for a new item, `after` for a removed one."""

    key: str
    before: Image | None
    after: Image | None
    raw: Mapping[str, Any] = field(repr=False)
    """The record as Lambda delivered it."""


class StreamConsumer:
    """Receives the changes of one table whose partition key is `id`."""

    def __init__(self, parking_lot: ParkingLot, *, logger: Logger, metrics: Metrics) -> None:
        self.parking_lot = parking_lot
        self.logger = logger
        self.metrics = metrics

    def receive(self, event: Mapping[str, Any]) -> "StreamBatch":
        """Open a Lambda stream event. Read each record in `StreamBatch.attempt`, then `settle` the batch."""
        return StreamBatch(self, event["Records"])


class StreamBatch:
    """The records of one invocation. Iterating yields those that are a change of an item, in order."""

    def __init__(self, consumer: StreamConsumer, raw: list[Mapping[str, Any]]) -> None:
        self._consumer = consumer
        self._raw = raw
        self._unreadable: dict[int, Exception] = {}  # by the identity of the raw record
        self._records = [record for each in raw if (record := self._open(each))]

    def __len__(self) -> int:
        return len(self._raw)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @contextmanager
    def attempt(self, record: Record) -> Iterator[None]:
        """Read a record inside this context, and do nothing else: Lambda cannot be told which record failed.

        KeyError, TypeError, ValueError and Unprocessable mark the record as unreadable. Any other error
        passes through and fails the batch.
        """
        try:
            yield
        except (KeyError, TypeError, ValueError, Unprocessable) as error:
            self._unreadable[id(record.raw)] = error

    def settle(self) -> None:
        """Park the unreadable records, each with its reason. Call it when everything else is done.

        Raises botocore's errors: the stream then brings the whole batch again.
        """
        consumer = self._consumer
        for raw in self._raw:
            if (error := self._unreadable.get(id(raw))) is None:
                continue
            event_id = str(raw.get("eventID", ""))
            consumer.parking_lot.park(json.dumps(raw, default=str), error, queue="stream", event_id=event_id)
            consumer.logger.error("parked", event_id=event_id, error=type(error).__name__)
            consumer.metrics.add_metric("RecordsParked", MetricUnit.Count, 1)

    def _open(self, raw: Mapping[str, Any]) -> Record | None:
        try:
            change = raw["dynamodb"]
            return Record(change["Keys"]["id"]["S"], change.get("OldImage"), change.get("NewImage"), raw)
        except (AttributeError, KeyError, TypeError) as error:
            self._unreadable[id(raw)] = error
            return None
