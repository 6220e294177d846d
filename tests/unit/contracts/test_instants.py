"""Instants as they are stored and sent."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from wild_rydes_contracts.instants import truncated

instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8))]))


@given(instants)
@example(datetime.max.replace(tzinfo=UTC))
def test_whole_milliseconds_stay_and_the_rest_goes(at: datetime) -> None:
    cut = truncated(at)
    assert cut.microsecond % 1000 == 0
    assert timedelta() <= at - cut < timedelta(milliseconds=1)
    assert cut.tzinfo is at.tzinfo
    assert truncated(cut) == cut
