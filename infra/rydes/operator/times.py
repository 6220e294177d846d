"""Times as people and log lines write them."""

import re
from datetime import UTC, datetime, time, timedelta

from infra.rydes.cloud.errors import LocalCloudError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(rf"([1-9]\d{{0,5}})([{''.join(_UNITS)}])")


def seconds_of(duration: str) -> float:
    """Return the seconds in `90s`, `30m`, `2h` or `1d`.

    Raises:
        LocalCloudError: the text is not a duration.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise LocalCloudError(f"'{duration}' is not a duration.", "Give one like 90s, 30m, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2]]


def moment(text: str, now: datetime) -> datetime:
    """Read a date and time, or a time of day, which is the last such moment. Without a zone it is in UTC.

    Raises:
        LocalCloudError: the text is neither.
    """
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        clock = None
    try:
        at = datetime.combine(now, clock) if clock else datetime.fromisoformat(text)
    except ValueError as error:
        raise LocalCloudError(
            f"'{text}' is not a time.", "Give one like 08:45, 08:45:12 or 2026-11-21T08:45:12, in UTC."
        ) from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at - timedelta(days=1) if clock and at > now else at


def instant(text: str) -> datetime:
    """Read a time in a log line or in a message."""
    # Powertools writes 2026-01-31 12:00:00,123+0000 unless told otherwise.
    return datetime.fromisoformat(text.replace(",", "."))
