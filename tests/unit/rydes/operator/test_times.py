from datetime import UTC, datetime, timedelta

import pytest

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.times import moment, seconds_of

NOW = datetime(2026, 11, 21, 8, 45, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("10m", 600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "0m", "1.5h", "30 m", "5m2s", "9999999d"])
def test_no_durations(text: str) -> None:
    with pytest.raises(LocalCloudError, match="30m"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("08:45", timedelta(seconds=30)),
        ("08:45:12.500", timedelta(seconds=17.5)),
        ("2026-11-21T08:45:12", timedelta(seconds=18)),
        ("2026-11-21 09:45:30+01:00", timedelta()),
        ("2026-11-20", timedelta(days=1, hours=8, minutes=45, seconds=30)),
    ],
)
def test_a_moment_is_in_utc_unless_it_has_a_zone(text: str, ago: timedelta) -> None:
    assert NOW - moment(text, NOW) == ago


def test_a_time_of_day_that_is_still_to_come_was_yesterdays() -> None:
    assert moment("23:00", NOW) == datetime(2026, 11, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "5m", "25:00", "2026-13-01T00:00"])
def test_no_moments(text: str) -> None:
    with pytest.raises(LocalCloudError, match="08:45"):
        moment(text, NOW)
