"""What a person sets rules, until it expires."""

import pytest

from tests.support.circuit_breaker.world import CIRCUIT, NOW, World
from wild_rydes_circuit_breaker import (
    Blame,
    Conflict,
    Fault,
    Mode,
    Override,
    Record,
    State,
    StoreUnavailable,
    set_mode,
)


def override(world: World, mode: Mode, until: float | None = None) -> Record:
    return set_mode(world.store, CIRCUIT, Override(mode, "ada", "drill", until), now=world.clock.now)


def test_who_set_a_mode_and_why_stands_in_the_record(world: World) -> None:
    record = override(world, Mode.FORCED_OPEN, NOW + 60)
    assert record == world.record
    assert record.override == Override(Mode.FORCED_OPEN, "ada", "drill", NOW + 60)
    assert (record.by, record.reason) == ("ada", "FORCED_OPEN: drill")


def test_forced_open_lets_nothing_through_within_the_life_of_a_view(world: World) -> None:
    here = world.environment()
    here.succeeds()
    override(world, Mode.FORCED_OPEN, NOW + 60)
    world.clock.forward(world.settings.state_cache_ttl)
    refusal = here.refused()
    assert refusal
    assert "drill" in str(refusal)
    assert refusal.retry_after == 59


def test_forced_open_without_an_end_stays(world: World) -> None:
    override(world, Mode.FORCED_OPEN)
    world.clock.forward(1e6)
    refusal = world.environment().refused()
    assert refusal
    assert refusal.retry_after == float("inf")


@pytest.mark.parametrize("how", ["expired", "lifted"])
def test_after_being_forced_open_the_partner_is_probed_at_once(world: World, how: str) -> None:
    override(world, Mode.FORCED_OPEN, NOW + 60)
    if how == "expired":
        world.clock.forward(60)
    else:
        override(world, Mode.AUTO)
    world.environment().succeeds(3)
    assert world.state() is State.CLOSED
    assert world.record.override is None


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.METRICS_ONLY])
def test_other_modes_let_everything_through_and_write_nothing(world: World, mode: Mode) -> None:
    override(world, mode)
    writes = world.store.writes
    fleet = [world.environment() for _ in range(5)]
    for _ in range(20):
        for environment in fleet:
            environment.fails(fault=Fault(Blame.THROTTLED, 60), apart=0.1)
    assert world.state() is State.CLOSED
    assert world.store.writes == writes
    assert fleet[0].breaker.tally().failed == (20 if mode is Mode.METRICS_ONLY else 0)


def test_an_open_circuit_can_be_disabled(world: World) -> None:
    world.put(Record(revision=1, epoch=1, state=State.OPEN, opens=1, retry_at=NOW + 60))
    override(world, Mode.DISABLED)
    world.environment().succeeds()


def test_a_mode_that_expired_leaves_the_breaker_to_itself(world: World) -> None:
    override(world, Mode.DISABLED, NOW + 60)
    world.clock.forward(60)
    for _ in range(5):
        world.environment().fails()
    assert world.state() is State.OPEN
    assert world.record.override is None


def test_results_of_calls_from_before_a_mode_was_set_change_nothing(world: World) -> None:
    fleet = [world.environment() for _ in range(5)]
    calls = [environment.begins() for environment in fleet]
    override(world, Mode.METRICS_ONLY)
    override(world, Mode.AUTO)
    before = world.record
    for environment, call in zip(fleet, calls, strict=True):
        environment.breaker.end(call, Fault(Blame.PARTNER))
    assert world.record == before


def test_auto_without_another_mode_changes_nothing(world: World) -> None:
    world.put(Record(revision=1, epoch=1, state=State.OPEN, opens=1, retry_at=NOW + 60))
    before = world.record
    assert override(world, Mode.AUTO) == before == world.record


def test_a_mode_is_set_though_environments_write_at_the_same_moment(world: World) -> None:
    def an_environment_goes_first() -> None:
        world.put(Record(revision=5, epoch=2, state=State.OPEN, opens=1, retry_at=NOW))

    world.store.before_write = an_environment_goes_first
    assert override(world, Mode.FORCED_OPEN).epoch == 3


def test_a_mode_that_cannot_be_set_is_told(world: World) -> None:
    def crowd() -> None:
        world.put(Record(revision=world.record.revision + 1, epoch=2))
        world.store.before_write = crowd

    world.store.before_write = crowd
    with pytest.raises(Conflict):
        override(world, Mode.FORCED_OPEN)
    world.store.down = True
    with pytest.raises(StoreUnavailable):
        override(world, Mode.FORCED_OPEN)
