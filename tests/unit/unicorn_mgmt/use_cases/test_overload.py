"""A partner of a second a call that is asked twenty times a second, in virtual time.

`python -m tests.bench.overload` prints more of it.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.partner_samples import PARTNERS
from tests.support.unicorn_mgmt.partner_simulation import Load, Simulation

COMET = PARTNERS["p-comet"]
CAPACITY = COMET.concurrency / 1.0


@pytest.mark.slow
def test_under_overload_every_rfq_is_over_soon_and_the_partner_quotes_as_many_as_it_can() -> None:
    seen = Simulation(COMET, call_seconds=1).run(Load(rate=20), since=30)
    assert seen.all_answered == 1
    assert seen.last_answer(99) < 2 * COMET.timeout
    assert seen.goodput > 0.9 * CAPACITY


@pytest.mark.slow
def test_without_shedding_the_partner_answers_rfqs_that_are_over() -> None:
    """What is shed for: so it was before."""
    seen = Simulation(COMET, call_seconds=1, patient=True).run(
        Load(rate=20, seconds=240, respond_within=30), since=120
    )
    assert seen.all_answered < 0.3
    assert seen.last_answer(50) == 30
    assert seen.goodput < 0.3 * CAPACITY


@pytest.mark.slow
def test_below_its_capacity_a_partner_loses_hardly_a_request() -> None:
    seen = Simulation(COMET, call_seconds=1).run(Load(rate=0.8 * CAPACITY, seconds=240))
    assert seen.quotes > 0.98 * len(seen.rfqs)


@pytest.mark.slow
@given(
    rate=st.floats(1, 40),
    call_seconds=st.floats(0.01, COMET.timeout),
    concurrency=st.integers(2, 10),
    seed=st.integers(0, 1000),
)
def test_whatever_the_load_nobody_waits_longer_than_for_two_calls(
    rate: float, call_seconds: float, concurrency: int, seed: int
) -> None:
    partner = replace(COMET, concurrency=concurrency)
    load = Load(rate, seconds=6, respond_within=5, seed=seed)
    seen = Simulation(partner, call_seconds=call_seconds).run(load)
    assert all(rfq.took is not None and rfq.took < 2 * COMET.timeout + 0.5 for rfq in seen.rfqs)
