"""The timeline of one RFQ over all functions and queues, from their logs, and of the ride and the survey that follow.

Whatever comes of an RFQ has its id as the correlation id, in each service. What comes from outside and so has none, such as
a reply by SMS, says which ride it is about. Any of their ids leads to the RFQ.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from infra.naming import REPLY_QUEUE_PREFIX, Names
from infra.rydes.cloud.aws import Account
from infra.rydes.operator import log_entry
from infra.rydes.operator.log_events import LogEvent, events, reached
from infra.rydes.operator.times import instant

_ROOMY = 80
"""Columns of a terminal from which on services are written out."""
_LEGEND = "wait: milliseconds in a queue; cold: a worker had to start first"
_LONGEST_VALUE = 60
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{4}([0-9a-f]{8})")
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


@dataclass(frozen=True, order=True)
class Line:
    """A log line about an RFQ, or a batch of equal ones. `at` orders lines; ties keep the written order."""

    at: datetime
    service: str = field(compare=False)
    function: str = field(compare=False)
    what: str = field(compare=False)
    details: dict[str, Any] = field(compare=False, default_factory=dict)
    level: str = field(compare=False, default="INFO")
    queue: str | None = field(compare=False, default=None)
    waited_ms: float | None = field(compare=False, default=None)
    """From sending to receiving, of a message that came by the queue. Of a batch: the longest."""
    cold: bool = field(compare=False, default=False)
    """Written by the first invocation of a worker, which had to start up before."""
    invocation: str | None = field(compare=False, default=None)
    count: int = field(compare=False, default=1)
    """How many equal lines a batch has."""
    request_ms: float = field(compare=False, default=0)
    """How long a request to an API took. Its line is written when the request ends."""

    @property
    def began(self) -> datetime:
        """When the request began; of any other line, when it was written."""
        return self.at - timedelta(milliseconds=self.request_ms)


def lines(account: Account, id_: str, *, since: datetime | None = None) -> list[Line]:
    """Read all that was logged about an RFQ, by its id or by that of an event, a ride or another of its lines.

    Oldest first, from `since` on: without it, from the time in the id, if it has one, or all.

    Raises:
        LocalCloudError: the logs cannot be read.
    """
    began = since or born(id_)
    start = int(began.timestamp() * 1000) if began else 0
    with reached():
        found = [*events(account, f'"{id_}"', since=start)]
        root = root_of(found, id_)
        if root != id_ and not since and (earlier := born(root)):
            start = min(start, int(earlier.timestamp() * 1000))
        if root != id_:
            found = [*events(account, f'"{root}"', since=start)]
        return sorted(parse(found, root, account.names))


def born(id_: str) -> datetime | None:
    """Tell when an id was made: a UUID of version 7, or a ride's id that begins with one. Clocks may differ by a minute."""
    found = _UUID7.match(id_)
    if found is None:
        return None
    made = datetime.fromtimestamp(int(found[1] + found[2], 16) / 1000, UTC)
    return made - timedelta(minutes=1)


def root_of(logged: Iterable[LogEvent], id_: str) -> str:
    """Tell which RFQ lines with this id are about; without one, which conversation. The id itself if nobody says."""
    rfqs: Counter[str] = Counter()
    conversations: Counter[str] = Counter()
    whole = re.compile(rf"(?<![\w.-]){re.escape(id_)}(?![\w-])")  # CloudWatch finds parts of ids, too
    for event in logged:
        entry = event.entry or {}
        if not whole.search(event.message):
            continue
        named = entry.get("rfq_id") or _rfq_of(entry.get("ride_id"))
        if isinstance(named, str):
            rfqs[named] += 1
        said = entry.get("correlation_id")
        if isinstance(said, str) and said != entry.get("function_request_id"):
            conversations[said] += 1
    if id_ in (*rfqs, *conversations) and not rfqs.keys() - {id_}:
        return id_
    found = (rfqs or conversations).most_common(1)
    return found[0][0] if found else id_


def _rfq_of(ride_id: object) -> str | None:
    """Return the RFQ in a ride's id."""
    return ride_id.rpartition(".")[0] or None if isinstance(ride_id, str) else None


def _about(entry: Mapping[str, Any], rfq_id: str) -> bool:
    return (
        rfq_id in (entry.get("correlation_id"), entry.get("rfq_id"))
        or _rfq_of(entry.get("ride_id")) == rfq_id
    )


def parse(logged: Iterable[LogEvent], rfq_id: str, names: Names) -> Iterator[Line]:
    """Pick the structured lines about an RFQ, except requests that only look at it, or ask whether they may."""
    for event in logged:
        entry = event.entry
        if entry is None or not _about(entry, rfq_id) or entry.get("method") in _LOOKS:
            continue
        at = instant(entry["timestamp"])
        yield Line(
            at=at,
            service=entry.get("service", ""),
            function=event.function,
            what=_short(log_entry.headline(entry), rfq_id),
            details={key: _short(value, rfq_id) for key, value in log_entry.details(entry).items()},
            level=entry.get("level", "INFO"),
            queue=names.plain(entry["queue"]) if "queue" in entry else None,
            waited_ms=at.timestamp() * 1000 - entry["sent_at"] if "sent_at" in entry else None,
            cold=bool(entry.get("cold_start")),
            invocation=entry.get("function_request_id") or entry.get("xray_trace_id"),
            request_ms=entry.get("milliseconds", 0) if "method" in entry else 0,
        )


def folded(timeline: Iterable[Line]) -> list[Line]:
    """Fold equal lines of an invocation, such as a batch of messages, into the first of them.

    Only the first line of an invocation is still `cold`.
    """
    batches: dict[object, Line] = {}
    invocations: set[str] = set()
    for number, line in enumerate(timeline):
        equal = (line.invocation, line.function, line.what, line.queue, line.level, repr(line.details))
        key = equal if line.invocation else number
        if batch := batches.get(key):
            waits = [wait for wait in (batch.waited_ms, line.waited_ms) if wait is not None]
            batches[key] = replace(batch, count=batch.count + 1, waited_ms=max(waits, default=None))
        else:
            batches[key] = replace(line, cold=line.cold and line.invocation not in invocations)
        if line.invocation:
            invocations.add(line.invocation)
    return list(batches.values())


def view(timeline: list[Line], width: int) -> Group:
    """Show the timeline on a terminal of this width, with the milliseconds since its first step.

    A request stands where it began, before what it caused.
    """
    shown = Table(box=None, pad_edge=False, header_style="dim")
    shown.add_column("ms", justify="right", no_wrap=True)
    shown.add_column("wait", justify="right", no_wrap=True)
    for heading in ("service", "function") if width >= _ROOMY else ("", "function"):
        shown.add_column(heading, no_wrap=True)
    shown.add_column("what")
    steps = folded(sorted(timeline, key=lambda line: line.began))
    for line in steps:
        since = (line.began - steps[0].began).total_seconds() * 1000
        shown.add_row(
            f"{since:.0f}",
            "" if line.waited_ms is None else f"{line.waited_ms:.0f}",
            line.service if width >= _ROOMY else _initials(line.service),
            line.function.removeprefix(f"{line.service}-"),
            _what(line),
        )
    return Group(shown, Text(_LEGEND, style="dim", no_wrap=True, overflow="ellipsis"))


def _what(line: Line) -> Text:
    what = f"{line.count} × {line.what}" if line.count > 1 else line.what  # noqa: RUF001
    details = [log_entry.written(key, value) for key, value in line.details.items()]
    if line.queue:
        details.insert(0, f"in {_queue(line)}")
    text = Text(what, style=_STYLES.get(line.level, ""))
    if details:
        text.append(f"  {' '.join(details)}", style="dim")
    if line.cold:
        text.append(" (cold)", style="cyan")
    return text


def _initials(service: str) -> str:
    return "".join(word[:1] for word in service.split("-")).upper()


def _queue(line: Line) -> str:
    queue = line.queue or ""
    if queue.startswith(REPLY_QUEUE_PREFIX):
        requester = queue.removeprefix(REPLY_QUEUE_PREFIX)
        return "reply queue" if requester == line.service else f"reply queue of {requester}"
    return queue.removeprefix(f"{line.service}-")


def _short(value: Any, rfq_id: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Cut ids and long texts. The RFQ's own id is the same on every line."""
    if not isinstance(value, str):
        return value
    text = _UUID.sub(r"…\1", value.replace(rfq_id, "…"))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
