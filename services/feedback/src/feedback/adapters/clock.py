"""The time, as precisely as it is stored."""

from datetime import UTC, datetime


def now() -> datetime:
    """Now, in UTC and whole milliseconds: what is read back from the table equals what was written."""
    return milliseconds(datetime.now(UTC))


def milliseconds(at: datetime) -> datetime:
    """The instant in whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
