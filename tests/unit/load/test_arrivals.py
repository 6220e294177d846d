"""Arrivals of a load test: as many as the rate says on average, in order, of all kinds, and the same for one seed."""

import itertools
import random

import pytest

from tests.load.generator.arrivals import Mix, poisson

MIX = Mix({"poller": 90, "batch": 10}, {"batch": 5})


def test_an_arrival_brings_so_many_rfqs_on_average() -> None:
    assert MIX.rfqs == pytest.approx(1.4)


def test_arrivals_are_a_poisson_process_of_the_rate() -> None:
    arrivals = list(poisson(7.0, 1000.0, 2000.0, MIX, random.Random(1)))
    at = [arrival.at for arrival in arrivals]
    assert at == sorted(at)
    assert all(1000 < each < 3000 for each in at)
    assert len(arrivals) == pytest.approx(2000 * 7 / 1.4, rel=0.03)
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation == pytest.approx(mean, rel=0.05)  # as in an exponential distribution
    assert sum(arrival.kind == "batch" for arrival in arrivals) == pytest.approx(len(arrivals) / 10, rel=0.1)


def test_one_seed_has_one_schedule() -> None:
    first, second = (list(poisson(3, 0, 60, MIX, random.Random(7))) for _ in range(2))
    assert first == second
