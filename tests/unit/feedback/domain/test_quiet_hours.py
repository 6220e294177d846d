from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.quiet_hours import WakingHours

ZONES = [
    ZoneInfo(name)
    for name in ("America/Los_Angeles", "Europe/Madrid", "Asia/Tokyo", "Pacific/Honolulu", "UTC")
]
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-21T07:59:59", "2026-11-21T08:00:00"),
        ("2026-11-21T08:00:00", "2026-11-21T08:00:00"),
        ("2026-11-21T20:59:59", "2026-11-21T20:59:59"),
        ("2026-11-21T21:00:00", "2026-11-22T08:00:00"),
        ("2026-11-01T00:30:00", "2026-11-01T08:00:00"),  # the night in which the clocks go back
    ],
)
def test_one_zone(now: str, then: str) -> None:
    seattle = ZONES[0]
    at = datetime.fromisoformat(now).replace(tzinfo=seattle)
    assert WakingHours().next([seattle], at) == datetime.fromisoformat(then).replace(tzinfo=seattle)


@given(INSTANTS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
def test_the_first_instant_when_most_are_awake(now: datetime, zones: list[ZoneInfo]) -> None:
    def awake(at: datetime) -> int:
        return sum(8 <= at.astimezone(zone).hour < 21 for zone in zones)

    then = WakingHours().next(zones, now)
    assert now <= then <= now + timedelta(days=1, hours=1)
    # No other quarter of an hour within a day has more zones awake, and no earlier one has as many.
    quarters = [now + timedelta(minutes=15 * i) for i in range(96)]
    assert awake(then) >= max(map(awake, quarters))
    assert all(awake(at) < awake(then) for at in quarters if at < then)


def test_around_the_clock() -> None:
    now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert WakingHours.parse("0-24").next(ZONES, now) == now


@pytest.mark.parametrize("text", ["", "8", "21-8", "8-25", "eight-nine", "8-8"])
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        WakingHours.parse(text)
