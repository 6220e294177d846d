"""A hundred environments in the simulation of the bench: one outage of each kind."""

from statistics import median

import pytest

from tests.bench.breaker.scenarios import healthy, outage
from wild_rydes_circuit_breaker import Settings

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("hangs", [False, True])
def test_an_outage_in_a_large_fleet(*, hangs: bool) -> None:
    seen = outage("ours", 100, hangs=hangs, seed=3)
    assert seen.failed_before <= 10
    assert seen.closed_after <= 20
    assert seen.probes_at_once == Settings().permitted_number_of_calls_in_half_open_state


def test_health_costs_no_write() -> None:
    assert healthy(20, 300, error_rate=0, seed=3).writes == 0


def test_errors_below_the_threshold_hardly_disturb_a_fleet() -> None:
    """In most runs: the start is a false alarm, and one in six of them is taken for true, as three of five probes fail."""
    runs = [healthy(100, 60, error_rate=0.3, seed=seed) for seed in range(5)]
    assert median(run.refused / run.calls for run in runs) < 0.01
