"""From what was observed to billable units."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.cost.dynamodb_size import Item, item_bytes, read_units, write_units
from tests.bench.cost.prices import (
    COMPUTE,
    CONVENTION,
    EVENT,
    LAMBDA,
    MINUTE,
    READ,
    SOCKET,
    SQS,
    WHOLE,
    WRITE,
)
from tests.bench.cost.recorder import Call

_CHUNK = 64 * 1024
_FRAME = 32 * 1024


class Units(defaultdict[str, float]):
    """How many of each billable unit."""

    def __init__(self, units: Mapping[str, float] | None = None) -> None:
        super().__init__(float, units or {})

    def add(self, other: Mapping[str, float]) -> None:
        """Add the other's units to these."""
        for unit, count in other.items():
            self[unit] += count


def function_calls(calls: Iterable[Call]) -> Units:
    """Units of the calls that functions made themselves, writes that succeeded apart: see `stored`."""
    units = Units()
    for call in calls:
        match call.operation:
            case "PutEvents":
                units[EVENT] += sum(_chunks(entry["Detail"]) for entry in call.request["Entries"])
            case "SendMessageBatch":
                units[SQS] += _chunks("".join(entry["MessageBody"] for entry in call.request["Entries"]))
            case "SendMessage":
                units[SQS] += _chunks(call.request["MessageBody"])
            case "GetQueueUrl" | "ChangeMessageVisibilityBatch":
                units[SQS] += 1
            case "GetItem" | "Query":
                units[READ] += _read(call, call.response.get("Items") or [call.response.get("Item", {})])
            case "BatchGetItem":
                for items in call.response["Responses"].values():
                    units[READ] += sum(_read(call, [item]) for item in items)
            case "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem":
                if not call.ok:  # a refused condition is charged like the write
                    units[WRITE] += write_units(call.response.get("Item", {}))
            case "PostToConnection":
                units[SOCKET] += _frames(call.request)
            case other:
                raise ValueError(f"no price for {call.service} {other}")
    return units


@dataclass(frozen=True)
class Index:
    """A table's secondary index: what it is sorted by, and what else it has of an item."""

    keys: frozenset[str]
    others: frozenset[str]

    def write_units(self, old: Item, new: Item) -> int:
        """Units of what a change of an item writes to the index: an entry is put, changed, or deleted, or both of these."""
        before, after = self._entry(old), self._entry(new)
        if before == after:
            return 0
        moved = before and after and any(before[key] != after[key] for key in self.keys)
        written = [write_units(before), write_units(after)] if moved else [write_units(after or before)]
        return sum(written)

    def _entry(self, item: Item) -> Item:
        if not self.keys <= item.keys():
            return {}
        return {name: value for name, value in item.items() if name in self.keys | self.others}


def indexes(dynamodb: Any) -> dict[str, list[Index]]:
    """The secondary indexes of all tables, by the table's name."""
    found = {}
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        primary = frozenset(key["AttributeName"] for key in table["KeySchema"])
        found[name] = [
            Index(
                frozenset(key["AttributeName"] for key in index["KeySchema"]),
                primary | frozenset(index["Projection"].get("NonKeyAttributes", ())),
            )
            for index in table.get("GlobalSecondaryIndexes", [])
        ]
    return found


def stored(records: Iterable[Mapping[str, Any]], indexes: Mapping[str, Sequence[Index]]) -> Units:
    """Write units of the changes in the tables' streams, with those of their indexes."""
    units = Units()
    for record in records:
        old: Item = record["dynamodb"].get("OldImage", {})
        new: Item = record["dynamodb"].get("NewImage", {})
        table = record["eventSourceARN"].split("/")[1]
        units[WRITE] += max(write_units(old), write_units(new))
        units[WRITE] += sum(index.write_units(old, new) for index in indexes[table])
    return units


def batch(bodies: Sequence[str]) -> Units:
    """Units of one batch taken from a queue: receive, invoke, delete; and of how the messages came to the queue."""
    units = Units({LAMBDA: 1, COMPUTE: 1})
    units[SQS] += _chunks("".join(bodies)) + 1
    units[SQS] += sum(
        _chunks(body) for body in bodies if "detail-type" in json.loads(body)
    )  # EventBridge's sends
    return units


def invocation() -> Units:
    """Units of one invocation by a stream, whose reads are free for Lambda."""
    return Units({LAMBDA: 1, COMPUTE: 1})


def api_calls(count: int, kind: str) -> Units:
    """Units of calls of an API of this kind, `REST` or `HTTP`."""
    return Units(dict.fromkeys((kind, LAMBDA, COMPUTE), count))


def connection(minutes: int = 1) -> Units:
    """Units of one connection of a WebSocket API: it is authorised, opened, kept, and closed."""
    return Units({LAMBDA: 3, COMPUTE: 3, MINUTE: minutes})


def socket_message(message: Any) -> Units:
    """Units of one message that comes from a client."""
    return Units({LAMBDA: 1, COMPUTE: 1, SOCKET: _frames(message)})


def convention(units: Mapping[str, float], rfqs: int) -> float:
    """What a million RFQs cost if all are like these, counted as the lab was: every invocation as 50 ms of 256 MB."""
    return sum(CONVENTION.get(unit, 0) * count for unit, count in units.items()) / rfqs


def whole(units: Mapping[str, float], rfqs: int) -> float:
    """What AWS bills for a million RFQs if all are like these."""
    return sum(WHOLE.get(unit, 0) * count for unit, count in units.items()) / rfqs


def _chunks(text: str) -> int:
    return max(1, math.ceil(len(text.encode()) / _CHUNK))


def _frames(message: Any) -> int:
    return max(1, math.ceil(len(json.dumps(message).encode()) / _FRAME))


def _read(call: Call, items: Sequence[Item]) -> float:
    return read_units(sum(map(item_bytes, items)), consistent=bool(call.request.get("ConsistentRead")))
