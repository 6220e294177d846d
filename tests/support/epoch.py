"""Instants as SQS, SNS and logs write them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """The whole milliseconds from 1970 to an instant. Not by a float: two that are apart by n have to stay so."""
    return (at - _EPOCH) // timedelta(milliseconds=1)
