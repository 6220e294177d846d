"""Without the store an environment goes by its own state: neither blind trust nor giving the partner up."""

from dataclasses import replace

import pytest

from tests.support.circuit_breaker.world import CIRCUIT, NOW, PARTNER, World
from wild_rydes_circuit_breaker import Mode, Override, Record, State, set_mode

OPEN = Record(revision=7, epoch=3, state=State.OPEN, since=NOW, opens=1, retry_at=NOW + 30, reason="tests")


@pytest.fixture
def cut_off(world: World) -> World:
    world.store.down = True
    return world


def test_calls_go_on_and_the_store_is_asked_rarely(cut_off: World) -> None:
    here = cut_off.environment()
    here.succeeds(100, apart=0.1)
    assert cut_off.store.reads == 2
    assert cut_off.heard.tidings == ["unicab parted: down"] * cut_off.store.reads  # an alarm that lasts


def test_it_opens_for_itself(cut_off: World) -> None:
    here, there = cut_off.environment(), cut_off.environment()
    here.fails(5, apart=0.1)
    assert here.refused() is None  # a probe, at once
    here.fails()
    refusal = here.refused()
    assert refusal
    assert refusal.retry_after == pytest.approx(cut_off.settings.wait_duration_in_open_state)
    there.succeeds()
    assert cut_off.heard.transitions == []
    assert cut_off.heard.own[-1].after.state is State.OPEN


def test_it_probes_one_call_at_a_time_and_closes_for_itself(cut_off: World) -> None:
    here = cut_off.environment()
    here.fails(6, apart=0.1)
    assert here.refused()
    cut_off.clock.forward(1)
    probe = here.begins()
    assert probe.probe
    assert here.refused()
    here.breaker.end(probe)
    assert here.begins().probe is None


def test_a_failure_rate_opens_it_too(cut_off: World) -> None:
    here = cut_off.environment()
    here.succeeds(5, apart=0.1)
    for _ in range(3):
        here.succeeds(apart=0.1)
        here.fails(3, apart=0.1)
    assert here.refused()
    assert "environments: 1" in cut_off.heard.own[-1].after.reason


def test_what_was_last_seen_still_holds(world: World) -> None:
    world.put(OPEN)
    here = world.environment()
    assert here.refused()
    world.store.down = True
    world.clock.forward(2)
    refusal = here.refused()
    assert refusal
    assert refusal.retry_after == 28


def test_a_mode_last_seen_still_holds(world: World) -> None:
    set_mode(world.store, CIRCUIT, Override(Mode.FORCED_OPEN, "ada", "drill", NOW + 60), now=NOW)
    here = world.environment()
    assert here.refused()
    world.store.down = True
    world.clock.forward(59)
    assert here.refused()
    world.clock.forward(2)
    assert here.begins().probe


def test_the_shared_state_rules_again_once_the_store_answers(world: World) -> None:
    world.store.down = True
    here = world.environment()
    here.succeeds()
    world.put(replace(OPEN, retry_at=NOW + 3600))
    world.store.down = False
    world.clock.forward(world.settings.store_retry_interval)
    assert here.refused()
    assert world.heard.tidings == ["unicab parted: down", "unicab rejoined"]


def test_what_was_found_alone_is_told_to_the_others(world: World) -> None:
    world.store.down = True
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet:
        environment.fails(6, apart=0.01)
        assert environment.refused()
    world.store.down = False
    world.clock.forward(world.settings.store_retry_interval)
    for environment in fleet:
        environment.refused()
    assert world.state() is not State.CLOSED


def test_a_store_that_fails_in_the_middle_of_a_report_costs_no_call(world: World) -> None:
    here = world.environment()
    here.succeeds()
    world.store.down = True
    here.fails(4)
    world.store.down = False
    here.succeeds()
    assert world.state() is State.CLOSED


def test_a_probe_whose_result_cannot_be_told_leaves_its_permit_to_the_lease(world: World) -> None:
    world.put(replace(OPEN, retry_at=NOW))
    here = world.environment()
    probe = here.begins()
    world.store.down = True
    here.breaker.end(probe)
    world.store.down = False
    assert world.state() is State.HALF_OPEN
    assert len(world.record.probes) == 1
    world.clock.forward(world.settings.permit_lease)
    world.environment().succeeds(3)
    assert world.state() is State.CLOSED


def test_a_call_begun_with_the_store_says_nothing_without_it_and_the_other_way_round(world: World) -> None:
    here = world.environment()
    with_store = here.begins()
    world.store.down = True
    world.clock.forward(1)
    without = here.begins()
    here.breaker.end(with_store, PARTNER)
    world.store.down = False
    world.clock.forward(world.settings.store_retry_interval)
    here.begins()
    here.breaker.end(without, PARTNER)
    assert here.breaker.tally().calls == 0
    assert world.record == Record()
