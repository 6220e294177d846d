"""How much a client that obeys `Retry-After` looks and waits: the sum of its waits, for every length of RFQ."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ride_booking.api.rfq_representations import LONGEST, SHORTEST, seconds_to_wait
from tests.support.ride_booking.world import NOW, rfq


def looks(length: int, latency: float = 0.0) -> Iterator[float]:
    """When an obedient client looks, in seconds since the RFQ was submitted, until after the deadline.

    Each answer takes `latency` seconds to arrive.
    """
    followed = rfq(deadline=NOW + timedelta(seconds=length))
    at = 0.0
    while at < length:
        at += seconds_to_wait(followed, NOW + timedelta(seconds=at)) + latency
        yield at


def regret(done: float, length: int, latency: float = 0.0) -> float:
    """How many seconds after the RFQ is done the client sees it."""
    return next(at for at in looks(length, latency) if at >= done) - done


@pytest.mark.parametrize(("length", "count"), [(SHORTEST, 4), (15, 7), (60, 10), (300, 14), (LONGEST, 17)])
def test_a_client_looks_a_few_times_until_the_deadline(length: int, count: int) -> None:
    waits = [later - earlier for earlier, later in pairwise([0.0, *looks(length)])]
    assert len(waits) == count
    assert waits[0] == 1
    assert waits[:-1] == sorted(waits[:-1])  # the last one ends at the deadline
    assert sum(waits) == length


@given(st.integers(SHORTEST, LONGEST), st.floats(0, 1), st.floats(0, 2))
def test_a_client_waits_half_as_long_again_as_the_rfq_took(length: int, share: float, latency: float) -> None:
    done = share * length
    assert regret(done, length, latency) <= max(1, done / 2 + 1) + latency


@given(st.integers(SHORTEST, LONGEST), st.floats(0, 2))
def test_no_wait_goes_past_the_deadline(length: int, latency: float) -> None:
    *before, last = looks(length, latency)
    assert all(at < length for at in before)
    assert last < length + 1 + latency  # whole seconds, and one at least


@pytest.mark.parametrize("length", [SHORTEST, 60, LONGEST])
def test_answers_that_come_at_once_are_seen_at_once(length: int) -> None:
    assert regret(0.2, length) == pytest.approx(0.8)
