"""What there is to tell of a dead letter, without its body."""

import re
from datetime import datetime
from typing import Any, Final

from infra.rydes.cloud.system import System
from infra.rydes.operator import dead_letter_contents as contents
from infra.rydes.operator.dead_letter_way_back import NoWayBack, way_back
from infra.rydes.operator.dead_letters import Parked
from wild_rydes_messaging.attributes import ATTEMPTS, REPLAYS, counted

_VARYING: Final = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]*|\d+")
"""Ids and numbers in a reason."""


def summary(message: Parked, now: datetime) -> dict[str, Any]:
    """Tell what there is to tell of a dead letter, without its body."""
    return {
        "id": message.id,
        "queue": message.queue,
        "type": contents.message_type(message),
        "correlation_id": contents.correlation_id(message),
        "parked_at": message.parked_at.isoformat(timespec="seconds"),
        "age_seconds": round((now - message.parked_at).total_seconds()),
        "attempts": counted(message.raw, ATTEMPTS) or None,
        "replays": counted(message.raw, REPLAYS),
        "error": message.cause.error or None,
        "kind": message.cause.kind or None,
        "reason": contents.without_personal_data(message.cause.reason),
    }


def grouped(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put the same trouble together: what differs in numbers and ids alone is the same. The most comes first."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        same = _VARYING.sub("…", row["reason"])
        groups.setdefault((row["queue"], row["type"], str(row["error"]), same), []).append(row)
    return sorted(groups.values(), key=len, reverse=True)


def way_in_words(system: System, message: Parked) -> str:
    """Say where a message would go back to, or why it cannot."""
    try:
        return way_back(system, message).to
    except NoWayBack as none:
        return f"none. {none}"
