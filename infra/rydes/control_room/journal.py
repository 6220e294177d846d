"""The bodies of the newest events on the bus, without personal data, by the conversation that they belong to."""

import threading
from collections.abc import Mapping
from typing import Any, Final

from infra.rydes.operator.dead_letter_body import shown

_CONVERSATIONS: Final = 500
_EVENTS: Final = 60
"""Events of one conversation."""


class Journal:
    """Remembers what the bus has carried. Threads may share it."""

    def __init__(self) -> None:
        self._found: dict[str, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def take(self, event: Mapping[str, Any]) -> None:
        """Remember an event as the bus has it."""
        detail = event.get("detail")
        metadata = detail.get("metadata", {}) if isinstance(detail, dict) else {}
        id_ = str(metadata.get("correlation_id", ""))
        told = {
            "type": str(event.get("detail-type", "")),
            "source": str(event.get("source", "")),
            "at": str(event.get("time", "")),
            "event_id": str(metadata.get("event_id", "")),
            "body": shown(detail),
        }
        with self._lock:
            kept = self._found.pop(id_, [])
            self._found[id_] = [*kept, told][-_EVENTS:]  # the newest conversation is the last
            if len(self._found) > _CONVERSATIONS:
                del self._found[next(iter(self._found))]

    def of(self, correlation_id: str) -> list[dict[str, Any]]:
        """List the events of a conversation, oldest first."""
        with self._lock:
            return list(self._found.get(correlation_id, ()))
