"""Instants as DynamoDB numbers. Integer arithmetic alone: a float would round, and differ between writers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict


class Number(TypedDict):
    """A number as DynamoDB's JSON has it."""

    N: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def to_number(at: datetime) -> Number:
    """Encode an instant as milliseconds since 1970; what is finer is cut off.

    Raises TypeError for a naive `at`, ValueError for one beyond the years 1 to 9999 in UTC.
    """
    return {"N": str(_since_epoch(at) // _MILLISECOND)}


def from_number(value: Mapping[str, Any]) -> datetime:
    """Decode an instant, in UTC. Raises KeyError, TypeError or ValueError if `value` holds none."""
    try:
        return _EPOCH + int(value["N"]) * _MILLISECOND
    except OverflowError:
        raise ValueError("an instant beyond the years 1 to 9999") from None


def to_seconds(at: datetime) -> Number:
    """Encode an instant as whole seconds since 1970, as a table's time to live wants it. Raises as `to_number` does."""
    return {"N": str(_since_epoch(at) // _SECOND)}


def _since_epoch(at: datetime) -> timedelta:
    since = at - _EPOCH
    try:
        _ = _EPOCH + since
    except OverflowError:  # an offset takes it out of the calendar
        raise ValueError("an instant beyond the years 1 to 9999") from None
    return since
