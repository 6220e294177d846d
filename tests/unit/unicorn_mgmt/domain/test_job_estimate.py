"""Estimates follow what is measured, and more work before a job never makes it earlier."""

import heapq

from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.domain.job_estimate import FIRST_DISPATCH, FIRST_SERVICE, LONGEST, Measures, Queued

seconds = st.floats(0, 10_000)
samples = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 50), seconds, seconds), max_size=20)
counts = st.integers(0, 1000)


def measured(of: list[tuple[str, int, float, float]]) -> Measures:
    measures = Measures()
    for kind, ahead, waited, busy in of:
        measures = measures.learn(kind, ahead, waited, busy)
    return measures


def test_before_anything_is_measured_something_is_said() -> None:
    assert Measures().estimate("a", 0, 4) == FIRST_DISPATCH + FIRST_SERVICE


@given(counts, counts, st.integers(1, 100))
def test_whoever_finds_a_free_worker_has_nobody_ahead(waiting: int, in_flight: int, workers: int) -> None:
    ahead = Queued(waiting, in_flight, workers).ahead
    assert (ahead == 0) == (waiting + in_flight < workers)
    assert Queued(waiting + 1, in_flight, workers).ahead >= ahead


@given(samples, counts, st.integers(1, 100))
def test_an_estimate_is_finite_and_grows_with_what_is_ahead(
    of: list[tuple[str, int, float, float]], ahead: int, workers: int
) -> None:
    measures = measured(of)
    estimate = measures.estimate("a", ahead, workers)
    assert 0 <= estimate <= LONGEST
    assert measures.estimate("a", ahead + 1, workers) >= estimate


@given(samples, seconds, seconds)
def test_what_repeats_is_learnt(of: list[tuple[str, int, float, float]], waited: float, busy: float) -> None:
    """Whatever was measured before: after fifty samples hardly anything of it is left."""
    measures = measured([*of, *[("a", 0, waited, busy)] * 50])
    assert abs(measures.estimate("a", 0, 4) - (waited + busy)) <= 0.5


@given(st.integers(1, 8), st.floats(0.1, 60), st.floats(0, 5), st.integers(20, 100))
def test_a_burst_is_estimated_within_a_factor_of_two(
    workers: int, service: float, dispatch: float, burst: int
) -> None:
    """After one burst of equal jobs, each job of the next: a queue with so many workers is played through."""
    measures = Measures()
    for round_ in range(2):
        free = [0.0] * workers
        for before in range(burst):
            ahead = Queued(max(0, before - workers), min(before, workers), workers).ahead
            start = max(dispatch, heapq.heappop(free))
            heapq.heappush(free, start + service)
            estimate, actual = measures.estimate("a", ahead, workers), start + service
            if round_ == 1:
                assert actual / 2 <= estimate <= 2 * actual
            measures = measures.learn("a", ahead, start, service)
