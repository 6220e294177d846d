"""What a structured log line says, in few words."""

from collections.abc import Mapping
from typing import Any

_LEFT_OUT = {
    # Shown elsewhere.
    "level", "timestamp", "service", "message", "message_type", "correlation_id", "cold_start", "queue", "sent_at",
    # Of use to programs.
    "location", "message_id", "event_id", "sampling_rate", "xray_trace_id", "function_name", "function_arn",
    "function_memory_size", "function_request_id", "environment", "stack", "stack_name",
}  # fmt: skip
_OF_A_REQUEST = {"method", "path", "status"}
_OF_A_PARTNER_CALL = {"partner", "operation", "outcome"}
_AS_USUAL = {
    "attempt": 1, "circuit": "CLOSED", "changed": True, "certain": True, "again": False, "repeated": False,
    "declined": 0, "late": 0,
}  # fmt: skip
_DURATIONS = ("milliseconds", "took_ms")


def headline(entry: Mapping[str, Any]) -> str:
    """What happened: `received RfqRequested`, `POST /instant-ride-rfqs → 202` or `p-comet quote → decline`."""
    if entry.keys() >= _OF_A_REQUEST:
        return f"{entry['method']} {entry['path']} → {entry['status']}"
    if entry.keys() >= _OF_A_PARTNER_CALL:
        return f"{entry['partner']} {entry['operation']} → {entry['outcome']}"
    return f"{entry.get('message', '')} {entry.get('message_type', '')}".rstrip()


def details(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What else a reader may want to know. Empty values, and those that are as usual, are left out."""
    left_out = _LEFT_OUT.union(
        *(fields for fields in (_OF_A_REQUEST, _OF_A_PARTNER_CALL) if entry.keys() >= fields)
    )
    return {
        key: value
        for key, value in entry.items()
        if key not in left_out and value not in (None, "") and _AS_USUAL.get(key) != value
    }


def written(key: str, value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """A detail as `key=value`, or as a duration."""
    if key in _DURATIONS:
        return f"{value:.0f} ms"
    return f"{key}={str(value).lower() if isinstance(value, bool) else value}"
