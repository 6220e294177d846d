"""Clocks that are wrong: by minutes, ahead or behind, of one environment among others."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.support.circuit_breaker.world import CIRCUIT, NOW, PARTNER, Environment, World
from wild_rydes_circuit_breaker import (
    Blame,
    CircuitOpen,
    Fault,
    Mode,
    Override,
    Record,
    Settings,
    State,
    set_mode,
)
from wild_rydes_circuit_breaker.record import Poll, Probe, Row, Tally

WRONG = (-86400.0, -600.0, -30.0, 30.0, 600.0, 86400.0)


def calls(environment: Environment, fault: Fault | None = None) -> bool:
    try:
        permit = environment.begins()
    except CircuitOpen:
        return False
    environment.breaker.end(permit, fault)
    return True


def opened_by(world: World, one: Environment, *others: Environment, fault: Fault = PARTNER) -> None:
    """The partner is down until one environment has seen probes fail. The others look on, and say nothing."""
    for _ in range(40):
        for environment in others:
            environment.refused()
        calls(one, fault)
        world.clock.forward(0.5)
        if world.record.opens:
            break
    assert world.state() is State.OPEN


@pytest.mark.parametrize("skew", WRONG)
def test_a_wrong_clock_keeps_no_one_away_from_a_partner_that_is_back(world: World, skew: float) -> None:
    wrong, right, late = world.environment(skew), world.environment(), world.environment()
    opened_by(world, wrong, right)
    since = world.clock.now
    while world.state() is not State.CLOSED:
        calls(right)
        calls(late)
        world.clock.forward(0.5)
        assert world.clock.now - since <= world.settings.max_wait_duration_in_open_state


@pytest.mark.parametrize("skew", WRONG)
@pytest.mark.parametrize("asked", [60, 1e9])
def test_what_the_partner_asked_a_wrong_clock_for_is_within_the_settings(
    world: World, skew: float, asked: float
) -> None:
    wrong, right = world.environment(skew), world.environment()
    opened_by(world, wrong, right, fault=Fault(Blame.THROTTLED, retry_after=asked))
    world.clock.forward(world.settings.state_cache_ttl)
    right.refused()
    world.clock.forward(world.settings.max_retry_after)
    assert right.begins().probe


@pytest.mark.parametrize("skew", WRONG)
def test_a_wrong_clock_does_not_wait_longer_than_others_do(world: World, skew: float) -> None:
    right, wrong = world.environment(), world.environment(skew)
    opened_by(world, right, wrong)
    assert wrong.refused()
    world.clock.forward(world.settings.max_wait_duration_in_open_state)
    assert wrong.begins().probe


@pytest.mark.parametrize("skew", WRONG)
def test_a_wrong_clock_does_not_end_the_probes_of_others(world: World, skew: float) -> None:
    wrong = world.environment(skew)
    assert wrong.refused() is None
    world.clock.forward(1)
    world.put(Record(revision=7, epoch=3, state=State.OPEN, since=NOW + 1, opens=1, retry_at=NOW + 1))
    probes = [(fleet, fleet.begins()) for fleet in (world.environment() for _ in range(5))]
    world.clock.forward(1.5)
    assert wrong.refused()
    assert world.state() is State.HALF_OPEN
    for environment, probe in probes[:3]:
        environment.breaker.end(probe)
    assert world.state() is State.CLOSED


@pytest.mark.parametrize("skew", WRONG)
def test_probes_of_a_wrong_clock_that_died_make_room(world: World, skew: float) -> None:
    wrong = [world.environment(skew) for _ in range(5)]
    right = world.environment()
    assert right.refused() is None
    world.clock.forward(1)
    world.put(Record(revision=7, epoch=3, state=State.OPEN, since=NOW + 1, opens=1, retry_at=NOW + 1))
    for environment in wrong:
        calls_begun = environment.begins()
        assert calls_begun.probe
    assert right.refused()
    world.clock.forward(world.settings.permit_lease)
    assert right.begins().probe


@pytest.mark.parametrize("skew", WRONG)
def test_a_row_that_a_wrong_clock_began_waits_for_the_others_as_usual(world: World, skew: float) -> None:
    wrong, right = world.environment(skew), world.environment()
    right.succeeds()
    wrong.fails(5, apart=0.1)
    world.clock.forward(1)
    assert right.refused() is None  # it still may say that the partner is well
    world.clock.forward(world.settings.hearing_period)
    assert right.begins().probe


def test_what_a_write_leaves_as_it_was_stays_as_it_was_said(world: World) -> None:
    """Else each write of an environment whose clock is wrong would begin all waits anew."""
    said = Record(
        revision=7,
        epoch=3,
        state=State.HALF_OPEN,
        since=NOW,
        opens=1,
        retry_at=NOW,
        quiet_until=NOW + 1,
        probes=(Probe("other/1", NOW + 4),),
        row=Row(NOW, 1, 0, frozenset()),
        partner_retry_at=NOW + 9,
    )
    wrong = world.environment(600)
    wrong.succeeds()
    world.put(said)
    world.clock.forward(1)
    call = wrong.begins()
    assert call.probe
    assert world.record.probes[0] == said.probes[0]
    wrong.breaker.end(call)
    after = world.record
    assert (after.since, after.retry_at, after.quiet_until) == (said.since, said.retry_at, said.quiet_until)
    assert (after.row, after.partner_retry_at) == (said.row, said.partner_retry_at)


def test_ones_own_clock_may_be_put_back(world: World) -> None:
    here = world.environment()
    opened_by(world, here)
    assert here.refused()
    world.clock.forward(-3600)
    assert here.refused()
    world.clock.forward(world.settings.max_wait_duration_in_open_state)
    assert here.begins().probe


def test_what_one_counted_before_ones_clock_was_put_back_is_forgotten(world: World) -> None:
    here = world.environment()
    here.fails(4)
    here.succeeds(40)
    world.clock.forward(-3600)
    here.succeeds()
    assert here.breaker.tally().calls == 1
    for _ in range(world.settings.consecutive_failures):
        here.fails(apart=1)
    assert here.begins().probe


def test_an_instant_that_no_clock_would_give_is_not_waited_for(world: World) -> None:
    year_3000 = 32_500_000_000.0
    world.put(Record(revision=7, epoch=3, state=State.OPEN, since=NOW, opens=1, retry_at=year_3000))
    here = world.environment()
    assert here.refused()
    world.clock.forward(world.settings.max_retry_after)
    assert here.begins().probe


@pytest.mark.parametrize("ahead", [600, 86400])
def test_a_row_does_not_wait_longer_for_the_partner_than_the_settings_allow(
    world: World, ahead: float
) -> None:
    row = Row(NOW, 5, 5, frozenset({"a", "b"}))
    world.put(Record(row=row, partner_retry_at=NOW + world.settings.max_retry_after + ahead))
    here = world.environment()
    assert here.refused()
    assert world.record.retry_at == NOW + world.settings.max_retry_after
    world.clock.forward(world.settings.max_retry_after)
    assert here.begins().probe


@pytest.mark.parametrize("ahead", [600, 86400])
def test_a_poll_is_judged_when_all_had_the_time_to_answer(world: World, ahead: float) -> None:
    accusers = frozenset({"a", "b"})
    world.put(Record(poll=Poll(NOW + ahead, Tally(50, 50), accusers, accusers)))
    here = world.environment()
    here.succeeds()
    assert world.state() is State.CLOSED
    world.clock.forward(world.settings.hearing_period)
    here.succeeds()
    assert world.state() is State.OPEN


@pytest.mark.parametrize("ahead", [600, 86400])
def test_polls_rest_no_longer_than_usual(ahead: float) -> None:
    world = World(Settings(consecutive_failures=1000))
    world.put(Record(revision=1, epoch=1, since=NOW, quiet_until=NOW + ahead))
    here = world.environment()
    here.fails(2)
    assert world.record.poll is None
    world.clock.forward(world.settings.sliding_window_size / 2)
    here.fails(2)
    assert world.record.poll


def test_a_persons_mode_lasts_as_long_as_it_was_said(world: World) -> None:
    until = NOW + 10 * world.settings.max_retry_after
    set_mode(world.store, CIRCUIT, Override(Mode.FORCED_OPEN, "ada", "drill", until), now=NOW)
    here = world.environment()
    refusal = here.refused()
    assert refusal
    assert refusal.retry_after == until - NOW
    world.clock.forward(until - NOW - 1)
    assert here.refused()


@pytest.mark.parametrize("skew", WRONG)
def test_a_wrong_clock_does_not_end_a_persons_mode(world: World, skew: float) -> None:
    wrong = world.environment(skew)
    wrong.succeeds()
    world.clock.forward(1)
    set_mode(world.store, CIRCUIT, Override(Mode.FORCED_OPEN, "ada", "drill", NOW + 60), now=NOW + 1)
    world.clock.forward(1)
    assert wrong.refused()
    world.clock.forward(50)
    assert wrong.refused()
    assert world.record.mode(world.clock.now) is Mode.FORCED_OPEN
    world.clock.forward(10)
    assert wrong.begins().probe


@pytest.mark.slow
@given(
    skews=st.lists(st.sampled_from([0.0, *WRONG]), min_size=2, max_size=5),
    past=st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.floats(0, 15)), max_size=60),
)
def test_whatever_clocks_say_a_partner_that_is_well_again_is_called_again(
    skews: Sequence[float], past: Sequence[tuple[int, bool, float]]
) -> None:
    world = World()
    fleet = [world.environment(skew) for skew in skews]
    for who, bad, pause in past:
        calls(fleet[who % len(fleet)], PARTNER if bad else None)
        world.clock.forward(pause)
    for _ in range(60):
        well = [calls(environment) for environment in fleet]
        world.clock.forward(1)
    assert all(well)
    assert world.state() is State.CLOSED
