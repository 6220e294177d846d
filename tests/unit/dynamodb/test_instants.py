"""Instants as numbers: any datetime there is, to the millisecond, and never through a float."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wild_rydes_contracts.instants import truncated
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))

offsets = st.timedeltas(
    timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)
).map(timezone)  # fmt: skip
datetimes = st.datetimes(timezones=offsets)
within_utc = st.datetimes(timezones=st.just(UTC))


def in_utc(at: datetime) -> bool:
    """Whether UTC's calendar has the instant, which an offset near its ends may prevent."""
    try:
        at.astimezone(UTC)
    except OverflowError:
        return False
    return True


@given(datetimes)
@example(FIRST)
@example(LAST)
@example(datetime.min.replace(tzinfo=WEST))
@example(datetime.max.replace(tzinfo=EAST))
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC))
@example(datetime(1970, 1, 1, tzinfo=UTC))
def test_every_instant_comes_back_to_the_millisecond(at: datetime) -> None:
    assume(in_utc(at))
    decoded = from_number(to_number(at))
    assert decoded == truncated(at.astimezone(UTC))
    assert decoded.tzinfo is UTC
    assert timedelta() <= at - decoded < timedelta(milliseconds=1)


@given(datetimes)
@example(datetime.min.replace(tzinfo=EAST))
@example(datetime.max.replace(tzinfo=WEST))
def test_an_instant_that_utc_s_calendar_lacks_is_refused(at: datetime) -> None:
    if in_utc(at):
        assert to_number(at).keys() == to_seconds(at).keys() == {"N"}
        return
    for encode in (to_number, to_seconds):
        with pytest.raises(ValueError, match="years 1 to 9999"):
            encode(at)


@given(datetimes, datetimes)
def test_numbers_keep_the_order_of_instants(one: datetime, other: datetime) -> None:
    assume(in_utc(one) and in_utc(other))
    earlier, later = sorted([one, other])
    for encode, unit in ((to_number, timedelta(milliseconds=1)), (to_seconds, timedelta(seconds=1))):
        assert int(encode(earlier)["N"]) <= int(encode(later)["N"])
        if later - earlier >= unit:
            assert int(encode(earlier)["N"]) < int(encode(later)["N"])


@given(within_utc, offsets)
def test_an_instant_is_the_same_number_on_every_clock(at: datetime, offset: timezone) -> None:
    try:
        elsewhere = at.astimezone(offset)
    except OverflowError:
        assume(False)
    assert to_number(elsewhere) == to_number(at)
    assert to_seconds(elsewhere) == to_seconds(at)


@pytest.mark.parametrize(
    ("at", "milliseconds", "seconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "0", "0"),
        (datetime(2026, 11, 21, 12, 0, 0, 999_999, UTC), "1795262400999", "1795262400"),
        (datetime(2026, 11, 21, 13, 0, 0, 999_500, timezone(timedelta(hours=1))), "1795262400999", "1795262400"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), "-1", "-1"),
        (FIRST, "-62135596800000", "-62135596800"),
        (LAST, "253402300799999", "253402300799"),
    ],
)  # fmt: skip
def test_what_is_finer_is_cut_off_and_never_rounded(at: datetime, milliseconds: str, seconds: str) -> None:
    assert to_number(at) == {"N": milliseconds}
    assert to_seconds(at) == {"N": seconds}


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_number_comes_back(milliseconds: int) -> None:
    assert to_number(from_number({"N": str(milliseconds)})) == {"N": str(milliseconds)}


def test_a_naive_time_is_refused() -> None:
    for encode in (to_number, to_seconds):
        with pytest.raises(TypeError):
            encode(datetime(2026, 11, 21))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"N": "-62135596800001"}, ValueError),
        ({"N": "253402300800000"}, ValueError),
        ({"N": "9" * 40}, ValueError),
        ({"N": "9" * 5_000}, ValueError),
        ({"N": "1.5"}, ValueError),
        ({"N": "soon"}, ValueError),
        ({"N": None}, TypeError),
        ({"S": "1"}, KeyError),
        (None, TypeError),
    ],
)
def test_what_is_no_instant_is_an_error(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        from_number(value)
