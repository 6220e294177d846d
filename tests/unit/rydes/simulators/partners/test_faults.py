"""What a partner is made to do wrong, and for how long."""

from infra.rydes.simulators.partners.faults import Faults, Misbehaviour


def test_an_outage_that_is_over_is_no_fault_any_more() -> None:
    now = [100.0]
    partner = Misbehaviour(clock=lambda: now[0])
    down = Faults(outage_seconds=600, outage_hangs=True)
    partner.set(down)
    assert (partner.misdeed(), partner.faults) == ("hang", down)
    now[0] += 600
    assert (partner.misdeed(), partner.faults) == (None, Faults())
