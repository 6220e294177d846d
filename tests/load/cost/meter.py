"""From what was observed to billable units."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.load.cost.dynamodb_size import Item, item_bytes, read_units, write_units
from tests.load.cost.prices import API, COMPUTE, EVENT, LAMBDA, PER_MILLION, READ, SQS, WRITE
from tests.load.cost.recorder import Call

_CHUNK = 64 * 1024


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
            case "GetItem":
                units[READ] += _read(call, [call.response.get("Item", {})])
            case "Query":
                units[READ] += _read(call, call.response.get("Items", []))
            case "BatchGetItem":
                for items in call.response["Responses"].values():
                    units[READ] += sum(_read(call, [item]) for item in items)
            case "PutItem" | "UpdateItem" | "DeleteItem":
                if not call.ok:  # a refused condition is charged like the write
                    units[WRITE] += write_units(call.response.get("Item", {}))
            case other:
                raise ValueError(f"no price for {call.service} {other}")
    return units


def stored(records: Iterable[Mapping[str, Any]], index_keys: Sequence[str]) -> Units:
    """Write units of the changes in a table's stream, with those of its keys-only index over `index_keys`."""
    units = Units()
    for record in records:
        old: Item = record["dynamodb"].get("OldImage", {})
        new: Item = record["dynamodb"].get("NewImage", {})
        units[WRITE] += max(write_units(old), write_units(new))
        if [old.get(key) for key in index_keys] != [new.get(key) for key in index_keys]:
            units[WRITE] += 1
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


def api_call() -> Units:
    """Units of one call of the REST API."""
    return Units({API: 1, LAMBDA: 1, COMPUTE: 1})


def dollars_per_million(units: Mapping[str, float], rfqs: int) -> float:
    """What a million RFQs cost if all are like these."""
    return sum(PER_MILLION[unit] * count for unit, count in units.items()) / rfqs


def _chunks(text: str) -> int:
    return max(1, math.ceil(len(text.encode()) / _CHUNK))


def _read(call: Call, items: Sequence[Item]) -> float:
    return read_units(sum(map(item_bytes, items)), consistent=bool(call.request.get("ConsistentRead")))
