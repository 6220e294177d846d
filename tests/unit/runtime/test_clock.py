"""The clock, as precise as a table."""

from datetime import UTC, datetime, timedelta

from wild_rydes_runtime.clock import now


def test_the_time_is_in_utc_and_whole_milliseconds() -> None:
    before = datetime.now(UTC)
    read = [now() for _ in range(100)]
    after = datetime.now(UTC)
    assert all(at.tzinfo is UTC and at.microsecond % 1000 == 0 for at in read)
    assert all(before - timedelta(milliseconds=1) < at <= after for at in read)
