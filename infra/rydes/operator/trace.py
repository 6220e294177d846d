"""The timeline of one RFQ over all functions and queues, from their logs."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.cloud import Cloud

LOG_GROUPS = "/aws/lambda/"
# What stands in a column of its own, or tells a reader nothing.
_LEFT_OUT = {
    "level", "location", "timestamp", "service", "message", "message_type", "message_id", "event_id", "correlation_id",
    "cold_start", "sampling_rate", "xray_trace_id", "function_name", "function_arn", "function_memory_size",
    "function_request_id", "queue", "sent_at", "method", "path", "status", "milliseconds", "stack", "stack_name",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Line:
    """One log line about an RFQ. `at` orders lines; ties keep the order in which the function wrote them."""

    at: datetime
    function: str = field(compare=False)
    what: str = field(compare=False)
    details: dict[str, Any] = field(compare=False, default_factory=dict)
    queue: str | None = field(compare=False, default=None)
    waited_ms: float | None = field(compare=False, default=None)
    """From sending to receiving, of a message that came by the queue."""
    cold: bool = field(compare=False, default=False)
    """The first invocation of its worker: start-up went before."""


def lines(cloud: Cloud, rfq_id: str) -> list[Line]:
    """Everything logged so far with this RFQ as its correlation id, oldest first."""
    return sorted(parse(everything(cloud, f'"{rfq_id}"'), rfq_id))


def everything(account: Account, pattern: str = "") -> Iterator[tuple[str, str]]:
    """Function and line of all that was logged and matches a CloudWatch filter pattern, function by function."""
    for function, event in _events(account, pattern):
        yield function, event["message"].rstrip()


def records(account: Account, message: str, *, functions: str, since: float) -> Iterator[dict[str, Any]]:
    """The structured lines with this message; of functions whose names begin so, since so many seconds after 1970."""
    for _, event in _events(account, f'"{message}"', functions=functions, since=since):
        try:
            entry = json.loads(event["message"])
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("message") == message:
            yield entry


def _events(
    account: Account, pattern: str, *, functions: str = "", since: float = 0
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Function and log event."""
    logs = account.client("logs")
    named = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=LOG_GROUPS + functions)
    for groups in named:
        for group in groups["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], filterPattern=pattern, startTime=int(since * 1000)
            )
            for page in pages:
                function = group["logGroupName"].removeprefix(LOG_GROUPS)
                yield from ((function, event) for event in page["events"])


def parse(logged: Iterable[tuple[str, str]], rfq_id: str) -> Iterator[Line]:
    """The structured lines that carry this correlation id; what is not JSON, or about another RFQ, is passed over."""
    for function, message in logged:
        try:
            entry = json.loads(message)
        except ValueError:
            continue
        if (
            not isinstance(entry, dict)
            or entry.get("correlation_id") != rfq_id
            or entry.get("method") == "GET"
        ):
            continue  # whoever looks at an RFQ, polling above all, is no part of its way
        at = instant(entry["timestamp"])
        yield Line(
            at=at,
            function=function,
            what=_what(entry),
            details={
                key: value for key, value in entry.items() if key not in _LEFT_OUT and value is not None
            },
            queue=entry.get("queue"),
            waited_ms=at.timestamp() * 1000 - entry["sent_at"] if "sent_at" in entry else None,
            cold=bool(entry.get("cold_start")),
        )


def _what(entry: dict[str, Any]) -> str:
    if "method" in entry:
        return f"{entry['method']} {entry['path']} → {entry['status']}"
    return f"{entry.get('message', '')} {entry.get('message_type', '')}".rstrip()


def table(timeline: list[Line]) -> Table:
    """The timeline, with milliseconds since its first line."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    shown.add_column("ms", justify="right")
    shown.add_column("function", no_wrap=True)
    shown.add_column("what")
    shown.add_column("")
    for line in timeline:
        since = (line.at - timeline[0].at).total_seconds() * 1000
        details = [f"{key}={value}" for key, value in line.details.items() if (key, value) != ("attempt", 1)]
        if line.waited_ms is not None:
            details.insert(
                0, f"{line.waited_ms:.0f} ms in {line.queue}" + (", with a cold start" if line.cold else "")
            )
        shown.add_row(f"{since:.0f}", line.function, line.what, Text("  ".join(details), style="dim"))
    return shown


def instant(text: str) -> datetime:
    """A time in a log line or a message."""
    # Powertools writes 2026-01-31 12:00:00,123+0000 unless told otherwise; sent_at is SQS's milliseconds since 1970.
    return datetime.fromisoformat(text.replace(",", "."))
