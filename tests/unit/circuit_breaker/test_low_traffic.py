"""Few calls are judged one after the other: five in a row that go wrong open the circuit, and nothing else does."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from tests.support.circuit_breaker.world import PARTNER, Environment, World
from wild_rydes_circuit_breaker import CircuitOpen, Fault, State

SOME_TIME = st.floats(1.5, 40)
"""Seconds between two calls: no poll finds ten within the window, and no view outlives the pause."""


def open_for_all(world: World) -> bool:
    return any(transition.opened for transition in world.heard.transitions)


def calls(environment: Environment, fault: Fault | None) -> bool:
    """Make a call, and say whether it was let through."""
    try:
        permit = environment.begins()
    except CircuitOpen:
        return False
    environment.breaker.end(permit, fault)
    return True


@pytest.mark.parametrize("apart", [2, 3, 5, 10, 15, 29, 31, 3600])
def test_a_dead_partner_is_noticed_however_seldom_it_is_called(world: World, apart: float) -> None:
    here = world.environment()
    here.fails(apart=apart)
    here.succeeds(apart=apart)
    failed = 0
    while world.state() is State.CLOSED:
        here.fails(apart=apart)
        failed += 1
        assert failed < 10
    while not open_for_all(world):
        failed += calls(here, PARTNER)
        world.clock.forward(apart)
        assert failed < 10


Past = Sequence[tuple[int, bool, float]]
PAST = st.lists(st.tuples(st.integers(0, 4), st.booleans(), SOME_TIME), max_size=40)
"""Which environment called, whether the call went wrong, and how long it was until the next."""


@pytest.mark.slow
@given(before=PAST, callers=st.lists(st.integers(0, 4), min_size=1), apart=SOME_TIME)
def test_whatever_came_before_it_takes_ten_failed_calls_at_most(
    before: Past, callers: list[int], apart: float
) -> None:
    world = World()
    fleet = [world.environment() for _ in range(5)]
    for who, bad, pause in before:
        calls(fleet[who], PARTNER if bad else None)
        world.clock.forward(pause)
    world.heard.transitions.clear()
    told = world.record.opens > 0 and world.state() is not State.CLOSED
    failed = 0
    for turn in range(60):
        if told or open_for_all(world):
            break
        failed += calls(fleet[callers[turn % len(callers)]], PARTNER)
        world.clock.forward(apart)
    assert told or open_for_all(world)
    assert failed <= 10


@pytest.mark.slow
@given(past=PAST)
def test_nothing_but_bad_calls_in_a_row_opens_it(past: Past) -> None:
    """So at an error rate p a call begins a false alarm with the probability (1 - p) p^5: 3e-7 at 5 %, 1e-10 at 1 %."""
    world = World()
    in_a_row = longest = 0
    for _, bad, _ in past:
        in_a_row = in_a_row + 1 if bad else 0
        longest = max(longest, in_a_row)
    assume(longest < world.settings.consecutive_failures)
    fleet = [world.environment() for _ in range(5)]
    for who, bad, pause in past:
        assert calls(fleet[who], PARTNER if bad else None)
        world.clock.forward(pause)
        assert world.state() is State.CLOSED


def test_an_error_now_and_then_costs_two_writes(world: World) -> None:
    here, there = world.environment(), world.environment()
    for _ in range(10):
        here.fails(apart=5)
        there.succeeds(3, apart=5)
    assert world.store.writes == 10 * 2  # one says that it failed, one that the next went well
