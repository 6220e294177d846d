"""One RFQ as a timeline, with the bodies of the events that are known.

Answers to return addresses, and what a service sends to queues of its own, never pass the bus. Nobody keeps their bodies:
of an answer ride-booking's table has what it came to for each responder, and not the message.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from infra.rydes.cloud.system import System
from infra.rydes.control_room.journal import Journal
from infra.rydes.control_room.unknown import Unknown
from infra.rydes.operator import trace
from infra.rydes.operator.dead_letter_contents import without_personal_data
from wild_rydes_contracts import EVENTS

_EVENTS: Final = frozenset(event.name for event in EVENTS)
_MESSAGE: Final = re.compile(r"\b(?:received|published|scheduled|replied|sent) ([A-Z][A-Za-z]+)\b")
"""What a line says that it has sent or received."""


def timeline(system: System, journal: Journal, id_: str) -> dict[str, Any]:
    """Tell what `rydes trace` knows of an RFQ, a ride or an event, as the page shows it.

    Raises:
        Unknown: nobody knows it, or not yet.
        LocalCloudError: the logs cannot be read.
    """
    found, events = trace.lines(system, id_), journal.of(id_)
    if not found and not events:
        raise Unknown(
            "No function has logged anything about this id, and the bus has not carried it.",
            "Take the id of an RFQ, a ride or an event; what was sent just now may take a moment.",
        )
    steps = trace.folded(sorted(found, key=lambda line: line.began))
    return {"id": id_, "steps": [*_steps(steps)], "events": events}


def _steps(steps: list[trace.Line]) -> Iterable[dict[str, Any]]:
    for line in steps:
        since = (line.began - steps[0].began).total_seconds() * 1000
        # A request stands where it began, any other line where it ended.
        took = float(line.details.get("took_ms") or 0)
        message = named[1] if (named := _MESSAGE.search(line.what)) else None
        yield {
            "at": line.began.timestamp() * 1000,
            "ms": since,
            "took_ms": line.request_ms or took,
            "began_ms": since - (0 if line.request_ms else took),
            "wait_ms": line.waited_ms,
            "service": line.service,
            "function": line.function,
            "what": without_personal_data(line.what),
            "message": message,
            "on_bus": message in _EVENTS,
            "details": without_personal_data(line.details),
            "level": line.level,
            "queue": line.queue,
            "cold": line.cold,
            "count": line.count,
        }
