"""Consume a batch of changes from a table's stream: a bad record does not hold up those behind it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.transient import is_transient

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
        """Open a Lambda stream event. Handle each record in `StreamBatch.attempt`, then `settle` the batch."""
        return StreamBatch(self.parking_lot, event["Records"])


class StreamBatch:
    """The records of one invocation. Iterating yields those that are a change of an item, in order."""

    def __init__(self, parking_lot: ParkingLot, raw: list[Mapping[str, Any]]) -> None:
        self._parking_lot = parking_lot
        self._raw = raw
        self._condemned: dict[int, Exception] = {}  # by the identity of the raw record
        self._records = [record for each in raw if (record := self._open(each))]

    def __len__(self) -> int:
        return len(self._raw)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @contextmanager
    def attempt(self, record: Record) -> Iterator[None]:
        """Handle a record inside this context. An exception condemns this record and no other.

        Trouble that passes by itself (`is_transient`) goes through: it says nothing of the record, and Lambda, which
        cannot be told which record has failed, brings the whole batch again.
        """
        try:
            yield
        except Exception as error:
            if is_transient(error):
                raise
            self._condemned[id(record.raw)] = error

    def settle(self) -> None:
        """Park the condemned records, each with its reason. Call it when everything else is done.

        Raises botocore's errors: the stream then brings the whole batch again.
        """
        for raw in self._raw:
            if error := self._condemned.get(id(raw)):
                body, event_id = json.dumps(raw, default=str, ensure_ascii=False), str(raw.get("eventID", ""))
                self._parking_lot.park(body, error, queue="stream", event_id=event_id)

    def _open(self, raw: Mapping[str, Any]) -> Record | None:
        try:
            change = raw["dynamodb"]
            return Record(change["Keys"]["id"]["S"], change.get("OldImage"), change.get("NewImage"), raw)
        except (AttributeError, LookupError, TypeError) as error:
            self._condemned[id(raw)] = error
            return None
