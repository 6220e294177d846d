"""One RFQ as a timeline, with the bodies of the events that are known."""

from collections.abc import Iterable
from typing import Any

from infra.rydes.cloud.system import System
from infra.rydes.control_room.journal import Journal
from infra.rydes.operator import trace
from infra.rydes.operator.dead_letter_contents import without_personal_data
from wild_rydes_contracts import EVENTS, MESSAGES

_NAMES = frozenset(contract.name for contract in (*EVENTS, *MESSAGES))


def timeline(system: System, journal: Journal, id_: str) -> dict[str, Any]:
    """Tell what `rydes trace` knows of an RFQ, a ride or an event, as the page shows it.

    Raises:
        LocalCloudError: the logs cannot be read.
    """
    found = trace.lines(system, id_)
    steps = trace.folded(sorted(found, key=lambda line: line.began))
    return {"id": id_, "steps": [*_steps(steps)], "events": journal.of(id_)}


def _steps(steps: list[trace.Line]) -> Iterable[dict[str, Any]]:
    for line in steps:
        since = (line.began - steps[0].began).total_seconds() * 1000
        # A request stands where it began, any other line where it ended.
        took = float(line.details.get("took_ms") or 0)
        yield {
            "at": line.began.timestamp() * 1000,
            "ms": since,
            "took_ms": line.request_ms or took,
            "began_ms": since - (0 if line.request_ms else took),
            "wait_ms": line.waited_ms,
            "service": line.service,
            "function": line.function,
            "what": without_personal_data(line.what),
            "message": next((word for word in line.what.split() if word in _NAMES), None),
            "details": without_personal_data(line.details),
            "level": line.level,
            "queue": line.queue,
            "cold": line.cold,
            "count": line.count,
        }
