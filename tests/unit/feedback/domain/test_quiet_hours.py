from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from feedback.domain.quiet_hours import WakingHours
from feedback.domain.time_zones import known_zones

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
HOURS = WakingHours()
ANYWHERE = sorted(set(TIMEZONE_DATA.values()))
"""All that phone numbers say of where they are: one zone, or many."""

NAMES = sorted({name for names in ANYWHERE for name in names})
ZONES = [ZoneInfo(name) for name in NAMES]
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
OFFSETS = st.integers(-48, 56).map(lambda quarters: timezone(quarters * QUARTER))


def awake(zones: Sequence[tzinfo], at: datetime) -> int:
    return sum(8 <= at.astimezone(zone).hour < 21 for zone in zones)


@pytest.mark.parametrize(
    ("zone", "now", "then"),
    [
        ("America/Los_Angeles", "2026-11-21T07:59:59", "2026-11-21T08:00:00"),
        ("America/Los_Angeles", "2026-11-21T08:00:00", "2026-11-21T08:00:00"),
        ("America/Los_Angeles", "2026-11-21T20:59:59", "2026-11-21T20:59:59"),
        ("America/Los_Angeles", "2026-11-21T21:00:00", "2026-11-22T08:00:00"),
        ("America/Los_Angeles", "2026-11-01T00:30:00", "2026-11-01T08:00:00"),  # the clocks go back
        ("America/Los_Angeles", "2026-03-07T21:00:00", "2026-03-08T08:00:00"),  # and forward
        ("Australia/Lord_Howe", "2026-10-03T22:00:00", "2026-10-04T08:00:00"),  # by half an hour
        ("Asia/Kathmandu", "2026-11-21T07:50:00", "2026-11-21T08:00:00"),  # 5 h 45 min
        ("Pacific/Chatham", "2026-09-26T23:00:00", "2026-09-27T08:00:00"),  # 12 h 45 min, then 13 h 45 min
        ("Pacific/Kiritimati", "2026-11-21T21:00:00", "2026-11-22T08:00:00"),  # on either side of
        ("Pacific/Pago_Pago", "2026-11-21T21:00:00", "2026-11-22T08:00:00"),  # the date line
    ],
)
def test_one_zone(zone: str, now: str, then: str) -> None:
    there = ZoneInfo(zone)
    at = datetime.fromisoformat(now).replace(tzinfo=there).astimezone(UTC)
    assert HOURS.next([there], at) == datetime.fromisoformat(then).replace(tzinfo=there)


@given(INSTANTS, INSTANTS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=5))
def test_it_is_day_for_most_within_a_day(one: datetime, other: datetime, zones: list[ZoneInfo]) -> None:
    early, late = sorted([one, other])
    then = HOURS.next(zones, early)
    assert early <= then <= early + timedelta(hours=25), "a day, and the hour of the clocks"
    assert 2 * awake(zones, then) >= len(zones)
    assert HOURS.next(zones, then) == then, "who has waited waits no more"
    assert then <= HOURS.next(zones, late), "who comes later is not written to earlier"
    assert HOURS.next([*reversed(zones)], early) == then


@given(INSTANTS, st.lists(OFFSETS, min_size=1, max_size=8))
def test_two_hours_a_day_with_as_many_awake_as_possible(now: datetime, zones: list[tzinfo]) -> None:
    """Wherever they are: no zone's neighbours in the data of today can break this."""
    then = HOURS.next(zones, now)
    quarters = [now.replace(minute=0, second=0, microsecond=0) + i * QUARTER for i in range(96)]
    best = sorted((awake(zones, at) for at in quarters), reverse=True)
    enough = best[7]
    assert 2 * enough >= len(zones)
    assert awake(zones, then) >= enough
    assert all(awake(zones, at) < enough for at in quarters if now < at < then), "and no later than need be"


def test_whoever_may_be_anywhere_has_two_hours_a_day_and_is_not_woken() -> None:
    """For all that phone numbers can tell: in winter, in summer, and when only some clocks have changed."""
    assert [zone.key for zone in known_zones(NAMES)] == NAMES, "our data is as new as that of the numbers"
    days = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((1, 15), (3, 15), (7, 15), (10, 29))]
    for names in (names for names in ANYWHERE if len(names) > 1):
        zones = known_zones(names)
        for day in days:
            open_, at = timedelta(), day
            while (then := HOURS.next(zones, at)) < day + DAY:
                assert awake(zones, then) > 0.95 * len(zones), f"{names} at {then}"
                if then > at:  # in the morning go out, over an hour, those who have waited
                    last = then + timedelta(minutes=59, seconds=59)
                    assert HOURS.next(zones, last) == last, f"{names} from {then} on"
                open_, at = open_ + QUARTER, then + QUARTER
            assert open_ >= timedelta(hours=2), f"{names} on {day}"


def test_clocks_change_by_quarters_of_an_hour_at_quarters_of_an_hour() -> None:
    begin, week = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=7)
    for zone in ZONES:
        for at in (begin + i * week for i in range(53)):
            low, high = at, at + week
            was, becomes = (end.astimezone(zone).utcoffset() for end in (low, high))
            assert was is not None
            assert was % QUARTER == timedelta(0), zone.key
            if was == becomes:
                continue
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == was else (low, middle)
            assert high.minute % 15 == 0, f"{zone.key} changes at {high}"


def test_around_the_clock() -> None:
    now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert WakingHours.parse("0-24").next(ZONES, now) == now


def test_an_hour_a_day_is_an_hour_a_day() -> None:
    """A shorter day than two hours is still the day."""
    now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    for zones in ([UTC], [UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-9))]):
        then = WakingHours.parse("10-11").next(zones, now)
        assert now < then <= now + DAY
        assert any(then.astimezone(zone).hour == 10 for zone in zones)


def test_nobody_knows_where() -> None:
    assert HOURS.next([], datetime(2026, 11, 21, 3, tzinfo=UTC)) == datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "8", "21-8", "8-25", "eight-nine", "8-8"])
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        WakingHours.parse(text)


def test_zones_that_are_none_are_left_out() -> None:
    names = [None, "", "Mars/Olympus_Mons", "America", "zone.tab", "Asia/Tokyo"]
    assert [zone.key for zone in known_zones(names)] == ["Asia/Tokyo"]
