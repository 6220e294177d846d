"""Instants as DynamoDB numbers.

Integer arithmetic alone: a float rounds, and two writers of one instant would then differ.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime.min.replace(tzinfo=UTC) - _EPOCH
_LAST = datetime.max.replace(tzinfo=UTC) - _EPOCH
_MILLISECOND, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def to_number(at: datetime) -> "AttributeValueTypeDef":
    """Encode an instant as milliseconds since 1970. Anything finer is cut off.

    Raises TypeError for a naive `at`, and ValueError for one outside the years 1 to 9999 of UTC.
    """
    return {"N": str(_since_epoch(at) // _MILLISECOND)}


def from_number(value: Mapping[str, Any]) -> datetime:
    """Decode an instant, in UTC. Raises KeyError, TypeError or ValueError if `value` is not one."""
    try:
        return _EPOCH + int(value["N"]) * _MILLISECOND
    except OverflowError:
        raise ValueError("the instant lies outside the years 1 to 9999") from None


def to_seconds(at: datetime) -> "AttributeValueTypeDef":
    """Encode an instant as whole seconds since 1970, the unit of a table's time to live.

    Raises the same errors as `to_number`.
    """
    return {"N": str(_since_epoch(at) // _SECOND)}


def _since_epoch(at: datetime) -> timedelta:
    since = at - _EPOCH
    if not _FIRST <= since <= _LAST:  # an offset can take an instant out of UTC's calendar
        raise ValueError("the instant lies outside the years 1 to 9999")
    return since
