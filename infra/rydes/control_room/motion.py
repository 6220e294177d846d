"""How messages move along the architecture, as the functions' log lines tell it.

What no line says follows where only one way leads there: an event that came by a queue came by the rule of that queue.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.naming import REPLY_QUEUE_PREFIX, Names
from infra.rydes.control_room.architecture import BUS, PHONES, Architecture
from infra.rydes.operator.log_events import LogEvent
from infra.rydes.operator.partner_calls import CALLBACK, RECORD

_SAY_NOTHING: Final = frozenset({"received", "counted", "authorized", "notified", "told", RECORD})
"""Messages of lines that tell of no write."""
_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests that bring nothing. Browsers ask by OPTIONS whether they may, before they do."""
_REPLIES: Final = f"queue:{REPLY_QUEUE_PREFIX}"
_REMEMBERED: Final = 5_000
"""Invocations of which it is told that they read a table's stream, or wrote to the table: each is told once."""


@dataclass(frozen=True)
class Hop:
    """A message goes along a path of nodes. `at` is in milliseconds since 1970, `what` names it in a word or two."""

    at: float
    path: tuple[str, ...]
    what: str
    rfq: str = ""


class Motion:
    """Derives hops from log lines, each once."""

    def __init__(self, architecture: Architecture, names: Names) -> None:
        self._architecture = architecture
        self._names = names
        self._seen: dict[str, None] = {}
        self._timers: set[str] = set()
        """Types of messages that somebody has scheduled: what they are for happens when they are delivered."""

    def hops(self, event: LogEvent) -> Iterator[Hop]:
        """Find what a line tells of messages that have moved."""
        entry, function = event.entry, f"function:{event.function}"
        if entry is None or function not in self._architecture.nodes or "message" not in entry:
            return
        rfq, at = str(entry.get("correlation_id") or ""), event.logged_at
        tables = self._architecture.into(function, "streams to")
        if tables and self._first(entry):
            yield Hop(at, (tables[0], function), "change", rfq)
        yield from self._told(entry, function, at, rfq)
        if not tables and entry["message"] not in _SAY_NOTHING and entry.get("method") not in _LOOKS:
            written = self._architecture.out_of(function, "writes to")
            if written and self._first(entry):
                yield Hop(at, (function, written[0]), str(entry["message"]), rfq)

    def _told(self, entry: Mapping[str, Any], function: str, at: float, rfq: str) -> Iterator[Hop]:
        type_ = str(entry.get("message_type") or "")
        match entry:
            case {"message": "scheduled"}:
                self._timers.add(type_)
            case {"message": "published"}:
                yield Hop(at, (function, BUS), type_, rfq)
            case {"message": "received", "queue": str(name)}:
                sent = at if type_ in self._timers else float(entry.get("sent_at") or at)
                queue = f"queue:{self._names.plain(name)}"
                yield from (Hop(sent, way, type_, rfq) for way in self._ways_into(queue, function))
                yield Hop(at, (queue, function), type_, rfq)
            case {"message": "replied"}:
                for queue in self._architecture.out_of(function, "sends to"):
                    if queue.startswith(_REPLIES):
                        yield Hop(at, (function, queue), type_ or "RfqResponse", rfq)
            case {"message": str(said), "connection_id": _}:
                for socket in self._architecture.out_of(function, "pushes to"):
                    people = self._architecture.out_of(socket, "pushes")
                    yield Hop(at, (function, socket, *people), said, rfq)
            case {"message": said, "partner": str(id_), "operation": str(operation)} if said == RECORD:
                yield from self._called(function, f"partner:{id_}", operation, at, rfq)
            case {"message": "outreach", "outcome": "sent"}:
                yield Hop(at, (function, PHONES), "SMS", rfq)
            case {"method": str(method), "path": str(path)} if method not in _LOOKS:
                began = at - float(entry.get("milliseconds", 0))
                yield from self._requested(function, f"{method} {path}", began, rfq)

    def _first(self, entry: Mapping[str, Any]) -> bool:
        """Whether no other line of the invocation has told of the table."""
        key = str(entry.get("function_request_id"))
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def _ways_into(self, queue: str, function: str) -> Iterator[tuple[str, ...]]:
        """Find how a message came to be in a queue that a function reads, if there is one way."""
        if rules := self._architecture.into(queue, "targets"):
            yield BUS, rules[0], queue
        elif topics := self._architecture.into(queue, "delivers to"):
            yield PHONES, topics[0], queue
        elif not queue.startswith(_REPLIES):  # who replied says so
            senders = [
                each
                for each in self._architecture.into(queue, "sends to")
                if each != function and not each.endswith("-replay")
            ]
            if len(senders) == 1:
                yield senders[0], queue

    def _called(self, function: str, partner: str, operation: str, at: float, rfq: str) -> Iterator[Hop]:
        if operation == CALLBACK:
            for api in self._architecture.out_of(partner, "calls"):
                yield Hop(at, (partner, api, function), operation, rfq)
        elif partner in self._architecture.out_of(function, "calls"):
            yield Hop(at, (function, partner), operation, rfq)

    def _requested(self, function: str, what: str, at: float, rfq: str) -> Iterator[Hop]:
        for api in self._architecture.into(function, "invokes"):
            callers = self._architecture.into(api, "calls")
            if len(callers) <= 1:  # which partner calls back is told by another line
                yield Hop(at, (*callers, api, function), what, rfq)
