"""Instants as precise as they are stored and told: to the millisecond."""

from datetime import datetime


def truncated(at: datetime) -> datetime:
    """Cut an instant to whole milliseconds, so that what is read back equals what was written."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
