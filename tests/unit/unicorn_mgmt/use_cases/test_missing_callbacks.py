"""A partner that takes note of each request, and calls back in time, late or never: in virtual time."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.partner_samples import PARTNERS
from tests.support.unicorn_mgmt.partner_simulation import QUOTED, Load, Simulation
from wild_rydes_circuit_breaker import Record, State

NIMBUS = PARTNERS["p-nimbus"]
MISSING, CUT_SHORT = ("callback", "missing"), ("callback", "ours")


def simulation(calls_back: object) -> Simulation:
    return Simulation(NIMBUS, call_seconds=0.05, calls_back=calls_back)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_partner_that_calls_back_in_time_costs_its_circuit_no_write() -> None:
    nimbus = simulation(lambda _: 0.2)
    seen = nimbus.run(Load(rate=2, seconds=120))
    assert {rfq.what for rfq in seen.rfqs} == {QUOTED}
    assert nimbus.circuit == Record()
    assert nimbus.outcomes[MISSING] == 0


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.2, 1, 5])
def test_a_partner_that_never_calls_back_is_noticed_and_nobody_waits_for_it(rate: float) -> None:
    nimbus = simulation(lambda _: None)
    seen = nimbus.run(Load(rate=rate, seconds=300))
    assert nimbus.outcomes[MISSING] > 0
    assert all(rfq.took is not None and rfq.took < NIMBUS.answers_within + 2 for rfq in seen.rfqs)
    opened = next(rfq.at for rfq in seen.rfqs if rfq.what == "circuit-open")
    missed = sum(rfq.at + NIMBUS.answers_within < opened for rfq in seen.rfqs)
    assert missed <= 20
    assert nimbus.circuit.state is not State.CLOSED


@pytest.mark.slow
def test_its_circuit_closes_when_it_calls_back_again_and_not_because_it_takes_note() -> None:
    nimbus = simulation(lambda at: 0.2 if at > 200 else None)
    seen = nimbus.run(Load(rate=2, seconds=300))
    opened = next(rfq.at for rfq in seen.rfqs if rfq.what == "circuit-open")
    out = [rfq for rfq in seen.rfqs if opened < rfq.at < 200]
    assert sum(rfq.what == "circuit-open" for rfq in out) > 0.6 * len(out)
    assert nimbus.circuit.state is State.CLOSED
    assert {rfq.what for rfq in seen.rfqs if rfq.at > 240} == {QUOTED}


@pytest.mark.slow
def test_a_lost_callback_now_and_then_declines_for_its_rfq_and_opens_nothing() -> None:
    chance = random.Random(1)
    nimbus = simulation(lambda _: None if chance.random() < 0.03 else 0.2)
    seen = nimbus.run(Load(rate=5, seconds=240))
    missing = [rfq for rfq in seen.rfqs if rfq.what != QUOTED]
    assert len(missing) == nimbus.outcomes[MISSING] > 10
    assert {rfq.what for rfq in missing} == {"partner-timeout"}
    assert nimbus.circuit.epoch == 0


@pytest.mark.slow
def test_customers_who_wait_for_less_than_a_partner_may_take_open_nothing() -> None:
    nimbus = simulation(lambda _: 6)
    nimbus.run(Load(rate=2, seconds=120, respond_within=5))
    assert nimbus.outcomes[CUT_SHORT] == len(nimbus.calls)
    assert nimbus.circuit == Record()


@pytest.mark.slow
@given(
    rate=st.floats(0.5, 10),
    slow=st.floats(0, 30),
    share=st.floats(0, 1),
    within=st.sampled_from([5.0, 12.0, 60.0]),
    seed=st.integers(0, 1000),
)
def test_every_call_ends_once_and_every_rfq_is_answered(
    rate: float, slow: float, share: float, within: float, seed: int
) -> None:
    chance = random.Random(seed)

    def calls_back(_: float) -> float | None:
        return chance.uniform(0, slow) if chance.random() < share else None

    nimbus = simulation(calls_back)
    seen = nimbus.run(Load(rate, seconds=10, respond_within=within, seed=seed))
    called = nimbus.outcomes["quote", "accepted"]
    assert nimbus.outcomes[MISSING] <= called == len(nimbus.calls)
    if seen.rfqs and within > NIMBUS.answers_within + 1:
        assert seen.all_answered == 1
    if share == 1 and slow < min(within, NIMBUS.answers_within):
        assert nimbus.outcomes[MISSING] + nimbus.outcomes[CUT_SHORT] == 0
    if share == 0:
        assert nimbus.outcomes[MISSING if within > NIMBUS.answers_within else CUT_SHORT] == called
