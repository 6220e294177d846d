"""Consume a batch of changes from a table's stream: an unreadable record does not hold up those behind it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

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

    def __init__(self, parking_lot: ParkingLot) -> None:
        self.parking_lot = parking_lot

    def receive(self, event: Mapping[str, Any]) -> "StreamBatch":
        """Open a Lambda stream event. Read each record in `StreamBatch.attempt`, then `settle` the batch."""
        return StreamBatch(self.parking_lot, event["Records"])


class StreamBatch:
    """The records of one invocation. Iterating yields those that are a change of an item, in order."""

    def __init__(self, parking_lot: ParkingLot, raw: list[Mapping[str, Any]]) -> None:
        self._parking_lot = parking_lot
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

        Any exception marks the record as unreadable: reading has nothing but the record to fail on.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
            self._unreadable[id(record.raw)] = error

    def settle(self) -> None:
        """Park the unreadable records, each with its reason. Call it when everything else is done.

        Raises botocore's errors: the stream then brings the whole batch again.
        """
        for raw in self._raw:
            if error := self._unreadable.get(id(raw)):
                body, event_id = json.dumps(raw, default=str), str(raw.get("eventID", ""))
                self._parking_lot.park(body, error, queue="stream", event_id=event_id)

    def _open(self, raw: Mapping[str, Any]) -> Record | None:
        try:
            change = raw["dynamodb"]
            return Record(change["Keys"]["id"]["S"], change.get("OldImage"), change.get("NewImage"), raw)
        except (AttributeError, LookupError, TypeError) as error:
            self._unreadable[id(raw)] = error
            return None
