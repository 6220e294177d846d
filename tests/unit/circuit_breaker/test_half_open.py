"""While the circuit is open or half open: waits, probes, permits and stale results."""

from dataclasses import replace

import pytest

from tests.support.circuit_breaker.world import NOW, OURS, PARTNER, Environment, World
from wild_rydes_circuit_breaker import Blame, CircuitOpen, Fault, Record, Settings, State

OPEN = Record(revision=7, epoch=3, state=State.OPEN, since=NOW, opens=1, retry_at=NOW + 10, reason="tests")


def open_circuit(world: World, **changes: float) -> None:
    world.put(replace(OPEN, **changes))  # type: ignore[arg-type]


def half_open(world: World, probes: int = 5) -> list[tuple[Environment, object]]:
    """As many environments with a probe under way each."""
    open_circuit(world, retry_at=NOW)
    return [
        (environment, environment.begins()) for environment in (world.environment() for _ in range(probes))
    ]


def test_nobody_calls_before_it_is_time(world: World) -> None:
    open_circuit(world)
    here = world.environment()
    refusal = here.refused()
    assert refusal
    assert refusal.retry_after == 10
    assert "tests" in str(refusal)
    world.clock.forward(9.9)
    assert here.refused()
    world.clock.forward(0.1)
    assert here.begins().probe
    assert world.state() is State.HALF_OPEN


def test_no_more_probes_than_permitted_however_many_ask(world: World) -> None:
    open_circuit(world, retry_at=NOW)
    permits = set()
    for _ in range(20):
        try:
            permits.add(world.environment().begins().probe)
        except CircuitOpen:
            continue
    assert len(permits) == world.settings.permitted_number_of_calls_in_half_open_state


def test_two_who_ask_at_the_same_moment_get_one_permit_each(world: World) -> None:
    open_circuit(world, retry_at=NOW)
    here, there = world.environment(), world.environment()
    calls = []
    world.store.before_write = lambda: calls.append(there.begins())
    calls.append(here.begins())
    assert {call.epoch for call in calls} == {4}
    assert sorted(probe.permit for probe in world.record.probes) == sorted(str(c.probe) for c in calls)


def test_the_last_permit_goes_to_one_of_two(world: World) -> None:
    half_open(world, 4)
    here, there = world.environment(), world.environment()
    calls = []
    world.store.before_write = lambda: calls.append(there.begins())
    with pytest.raises(CircuitOpen):
        here.begins()
    assert len(calls) == 1


def test_the_refused_do_not_touch_the_store_while_their_view_is_fresh(world: World) -> None:
    half_open(world)
    here = world.environment()
    assert here.refused()
    calls = world.store.reads, world.store.writes
    for _ in range(10):
        assert here.refused()
    assert (world.store.reads, world.store.writes) == calls


def test_it_closes_as_soon_as_the_outcome_is_sure(world: World) -> None:
    probes = half_open(world)
    for environment, call in probes[:2]:
        environment.breaker.end(call)  # type: ignore[arg-type]
    assert world.state() is State.HALF_OPEN
    environment, call = probes[2]
    environment.breaker.end(call)  # type: ignore[arg-type]
    assert world.state() is State.CLOSED
    assert world.record.reason == "probes: 0 failed and 0 slow of 3 calls"


def test_it_opens_as_soon_as_the_outcome_is_sure(world: World) -> None:
    probes = half_open(world)
    for environment, call in probes[:3]:
        assert world.state() is State.HALF_OPEN
        environment.breaker.end(call, PARTNER)  # type: ignore[arg-type]
    assert world.state() is State.OPEN
    assert world.record.opens == 2
    assert world.record.retry_at == NOW + 2


def test_slow_probes_count_by_their_own_threshold() -> None:
    world = World(Settings(slow_call_rate_threshold=20))
    probes = half_open(world)
    world.clock.forward(2)
    environment, call = probes[0]
    environment.breaker.end(call)  # type: ignore[arg-type]
    assert world.state() is State.OPEN


def test_the_wait_doubles_up_to_its_limit_and_is_jittered(world: World) -> None:
    waits = []
    here = world.environment()
    open_circuit(world, retry_at=NOW, opens=0)
    for draw in (1, 1, 1, 1, 1, 0):
        world.draw = draw
        for _ in range(3):
            here.fails()
        waits.append(world.record.retry_at - world.clock.now)
        world.clock.now = world.record.retry_at
    assert waits == pytest.approx([1, 2, 4, 8, 10, 5])


def test_the_wait_is_short_again_after_it_closed(world: World) -> None:
    here = world.environment()
    open_circuit(world, retry_at=NOW, opens=6)
    here.succeeds(3)
    assert world.state() is State.CLOSED
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet:
        environment.fails()
    fleet[0].fails(4)  # the first as an ordinary call: its view is not renewed yet
    assert world.record.opens == 1
    assert world.record.retry_at == NOW + 1


def test_a_probes_retry_after_overrides_the_wait(world: World) -> None:
    probes = half_open(world)
    for (environment, call), wait in zip(probes[:3], (0, 77, 0), strict=True):
        environment.breaker.end(call, Fault(Blame.THROTTLED, wait))  # type: ignore[arg-type]
    assert world.record.retry_at == NOW + 77


def test_a_probe_that_says_nothing_of_the_partner_frees_its_permit(world: World) -> None:
    probes = half_open(world)
    assert world.environment().refused()
    environment, call = probes[0]
    environment.breaker.end(call, OURS)  # type: ignore[arg-type]
    assert world.environment().begins().probe


def test_a_probe_that_dies_frees_its_permit_with_its_lease(world: World) -> None:
    half_open(world)
    world.clock.forward(world.settings.permit_lease - 0.1)
    assert world.environment().refused()
    world.clock.forward(0.1)
    others = [world.environment().begins() for _ in range(5)]
    assert all(call.probe for call in others)
    assert world.environment().refused()


def test_a_probe_that_outlives_its_lease_does_not_count(world: World) -> None:
    probes = half_open(world)
    world.clock.forward(world.settings.permit_lease)
    world.environment().begins()
    before = world.record
    for environment, call in probes:
        environment.breaker.end(call, PARTNER)  # type: ignore[arg-type]
    assert world.record == before


def test_results_of_an_earlier_burst_change_nothing_but_free_their_places(world: World) -> None:
    probes = half_open(world)
    for environment, call in probes[:3]:
        environment.breaker.end(call, PARTNER)  # type: ignore[arg-type]
    world.clock.forward(2)
    fleet = [world.environment() for _ in range(6)]
    second = [environment.begins() for environment in fleet[:3]]
    assert fleet[3].refused()  # two of the first burst still run
    before = world.record
    for environment, call in probes[3:]:
        environment.breaker.end(call)  # type: ignore[arg-type]
    after = world.record
    assert replace(after, revision=before.revision, probes=before.probes) == before
    assert [probe.permit for probe in after.probes] == [call.probe for call in second]
    assert fleet[4].begins().probe


def test_a_result_from_before_the_trip_changes_nothing(world: World) -> None:
    late = world.environment()
    call = late.begins()
    open_circuit(world)
    before = world.record
    late.breaker.end(call, PARTNER)
    assert world.record == before
    open_circuit(world, retry_at=NOW)
    world.environment().begins()
    before = world.record
    late.breaker.end(call)
    assert world.record == before


def test_a_result_from_before_the_outage_changes_nothing_after_it(world: World) -> None:
    late = [world.environment() for _ in range(6)]
    calls = [environment.begins() for environment in late]
    world.put(Record(revision=30, epoch=6, state=State.CLOSED, opens=2, since=NOW))
    before = world.record
    for environment, call in zip(late, calls, strict=True):
        environment.breaker.end(call, PARTNER)
    assert world.record == before


def test_what_answered_decides_when_the_rest_takes_too_long(world: World) -> None:
    probes = half_open(world)
    environment, call = probes[0]
    environment.breaker.end(call)  # type: ignore[arg-type]
    world.clock.forward(world.settings.max_wait_duration_in_half_open_state)
    assert world.environment().refused() is None
    assert world.state() is State.CLOSED


def test_it_opens_again_when_no_probe_answers(world: World) -> None:
    half_open(world)
    world.clock.forward(world.settings.max_wait_duration_in_half_open_state)
    assert world.environment().refused()
    assert world.state() is State.OPEN
    assert world.record.opens == 2


def test_a_permit_that_took_too_long_to_get_is_not_used(world: World) -> None:
    open_circuit(world, retry_at=NOW)
    world.store.before_write = lambda: world.clock.forward(world.settings.permit_lease * 0.6)
    assert world.environment().refused()
    assert len(world.record.probes) == 1


def test_calls_flow_again_for_all_once_it_closed(world: World) -> None:
    others = [world.environment() for _ in range(3)]
    open_circuit(world, retry_at=NOW)
    world.environment().succeeds(3)
    world.clock.forward(1)
    for environment in others:
        assert environment.begins().probe is None
