"""What AWS bills beyond requests: the time of functions, log lines, archived events, what tables keep."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.aws_latencies import CALLS, INIT, cpu_milliseconds
from tests.bench.cost.dynamodb_size import Item, item_bytes
from tests.bench.cost.meter import Units
from tests.bench.cost.prices import ARCHIVE, DURATION, KEPT, LOG
from tests.bench.cost.recorder import Call

COLD: Final = 0.01
"""The share of invocations that start cold; since August 2025 their start is billed.
https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/"""

_LOG_EVENT: Final = 26
"""Bytes that CloudWatch adds to each log event.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""
ACCESS_LOG: Final = 400
"""Bytes of an access log line of an API, written out with ids of API Gateway's length."""
_ENVELOPE: Final = 350
"""Bytes that EventBridge adds to an event's detail: ids, source, account, time."""
_ITEM: Final = 100
"""Bytes that DynamoDB adds to an item, and to an entry of an index, for storage.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadWriteCapacityMode.html"""
_REQUEST: Final = re.compile(r'"function_request_id": ?"([^"]+)"')
_MONTH: Final = 730 * 3600


@dataclass(frozen=True)
class Worked:
    """What a function has done: so many invocations with so much CPU time of a full core, in all."""

    invocations: int
    cpu_ms: float
    memory_mib: int
    calls: Sequence[str]
    """The AWS calls of all invocations, by operation."""

    @property
    def milliseconds(self) -> float:
        """Of an average invocation as it is billed, begun milliseconds, a cold start's share included."""
        waiting = sum(CALLS[operation].mean for operation in self.calls) / self.invocations
        busy = cpu_milliseconds(self.cpu_ms / self.invocations, self.memory_mib)
        return math.ceil(busy + waiting) + COLD * INIT.mean


def worked(functions: Iterable[Worked]) -> Units:
    """Units of what functions have done. Calls at the same time count as one after the other."""
    return Units(
        {
            DURATION: sum(
                function.invocations * function.milliseconds / 1000 * function.memory_mib / 1024
                for function in functions
                if function.invocations
            )
        }
    )


def logged(lines: Iterable[str]) -> Units:
    """Units of log lines."""
    return Units({LOG: sum(len(line.encode()) + _LOG_EVENT for line in lines) / 1000})


def access_logged(requests: float) -> Units:
    """Units of the access log of so many requests."""
    return Units({LOG: requests * (ACCESS_LOG + _LOG_EVENT) / 1000})


def archived(calls: Iterable[Call]) -> Units:
    """Units of the archive, which keeps every event."""
    sizes = (
        len(entry["Detail"].encode()) + _ENVELOPE
        for call in calls
        if call.operation == "PutEvents"
        for entry in call.request["Entries"]
    )
    return Units({ARCHIVE: sum(sizes) / 1000})


def kept(records: Iterable[Mapping[str, Any]], now: float) -> Units:
    """Units of the items that were written last, and expire, for the time that they are kept. `now` is in seconds."""
    last: dict[tuple[str, str], Item] = {}
    for record in records:
        key = record["eventSourceARN"], record["dynamodb"]["Keys"]["id"]["S"]
        last[key] = record["dynamodb"].get("NewImage", {})
    months = (
        (item_bytes(item) + _ITEM) / 1000 * (float(item["expires_at"]["N"]) - now) / _MONTH
        for item in last.values()
        if "expires_at" in item
    )
    return Units({KEPT: sum(months)})


def operations(calls: Iterable[Call]) -> Mapping[str, Sequence[str]]:
    """The operations of the calls that each function made."""
    found: dict[str, list[str]] = {}
    for call in calls:
        if call.function:
            found.setdefault(call.function, []).append(call.operation)
    return found


def invocations(lines: Iterable[str]) -> int:
    """Count the invocations of a function by the request ids on its lines."""
    return len({found[1] for line in lines if (found := _REQUEST.search(line))})
