"""For how long, and how often, a message is tried again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messaging.test_transient import PASSES, STAYS, refused
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import RetryLater, Unprocessable
from wild_rydes_messaging.retry import PATIENCE, RetryPolicy

POLICY = RetryPolicy(max_attempts=5)
ALMOST = PATIENCE - timedelta(milliseconds=1)
THROTTLED = refused("ThrottlingException")
BUGS = [error for error in STAYS if not isinstance(error, Unprocessable)]


@pytest.mark.parametrize("error", PASSES, ids=str)
def test_trouble_that_passes_is_given_an_hour_however_often_it_comes(error: Exception) -> None:
    assert not POLICY.gives_up(error, attempt=10_000, tried_for=ALMOST)
    assert POLICY.gives_up(error, attempt=1, tried_for=PATIENCE)


@pytest.mark.parametrize("error", BUGS, ids=str)
def test_a_bug_is_given_so_many_attempts_however_little_time_they_take(error: Exception) -> None:
    assert not POLICY.gives_up(error, attempt=4, tried_for=10 * PATIENCE)
    assert POLICY.gives_up(error, attempt=5, tried_for=timedelta())


def test_an_invalid_message_is_given_nothing_and_one_that_is_early_everything() -> None:
    assert POLICY.gives_up(Unprocessable("no"), attempt=1, tried_for=timedelta())
    assert not POLICY.gives_up(RetryLater(1), attempt=10_000, tried_for=10 * PATIENCE)


@pytest.mark.parametrize(("attempt", "longest"), [(1, 2), (2, 4), (4, 16), (5, 30), (400, 30)])
def test_the_pause_grows_up_to_a_maximum(attempt: int, longest: float) -> None:
    assert POLICY.delay(THROTTLED, attempt=attempt, left=None, uniform=lambda _, high: high) == longest
    assert POLICY.delay(THROTTLED, attempt=attempt, left=None, uniform=lambda low, _: low) == 0


@given(
    st.integers(1, 500),
    st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=15)),
    st.floats(0, 1),
)
def test_a_message_never_sleeps_past_its_deadline(attempt: int, left: timedelta, chance: float) -> None:
    delay = POLICY.delay(THROTTLED, attempt=attempt, left=left, uniform=lambda _, high: high * chance)
    assert 0 <= delay <= left.total_seconds() / 2


def test_what_is_early_comes_when_it_said() -> None:
    left = timedelta(seconds=1)
    assert POLICY.delay(RetryLater(7), attempt=400, left=left, uniform=lambda _, high: high) == 7


def test_a_backoff_of_its_own() -> None:
    slow = RetryPolicy(max_attempts=5, patience=timedelta(hours=4), backoff=Backoff(base=1, cap=300))
    assert slow.delay(THROTTLED, attempt=100, left=None, uniform=lambda _, high: high) == 300
    assert not slow.gives_up(THROTTLED, attempt=100, tried_for=timedelta(hours=3.9))
