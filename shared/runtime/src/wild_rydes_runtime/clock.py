"""The time, as precise as it is stored."""

from datetime import UTC, datetime

from wild_rydes_contracts.instants import truncated


def now() -> datetime:
    """Read the clock, in UTC and whole milliseconds."""
    return truncated(datetime.now(UTC))
