import random

from hypothesis import given
from hypothesis import strategies as st

from wild_rydes_messaging.backoff import Backoff


def upper(_: float, bound: float) -> float:
    return bound


def test_bound_doubles_from_base_to_cap() -> None:
    backoff = Backoff(base=2, cap=30)
    assert [backoff.delay(attempt, upper) for attempt in range(1, 7)] == [2, 4, 8, 16, 30, 30]


@given(st.integers(1, 10_000), st.randoms(use_true_random=False))
def test_delay_is_anywhere_between_nothing_and_the_bound(attempt: int, source: random.Random) -> None:
    backoff = Backoff(base=0.5, cap=20)
    assert 0 <= backoff.delay(attempt, source.uniform) <= min(20, 0.5 * 2 ** min(attempt - 1, 10))


def test_jitter_is_full() -> None:
    source = random.Random(7)
    delays = [Backoff(1, 60).delay(4, source.uniform) for _ in range(400)]
    assert min(delays) < 0.2
    assert max(delays) > 7.8
