"""Instants as precise as they are stored and sent: to the millisecond."""

from datetime import datetime


def truncated(at: datetime) -> datetime:
    """Cut an instant to whole milliseconds, so that reading it back gives the same instant."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
