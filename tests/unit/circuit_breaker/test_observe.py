"""Who hears of what."""

import json
from dataclasses import replace

import pytest
from aws_lambda_powertools import Logger

from tests.support.circuit_breaker.world import CIRCUIT, NOW, World
from wild_rydes_circuit_breaker import (
    LogAndCount,
    Mode,
    Override,
    Record,
    State,
    StoreUnavailable,
    Transition,
    Unreadable,
    set_mode,
)


def turns(world: World) -> list[tuple[State, State]]:
    return [(t.before.state, t.after.state) for t in world.heard.transitions]


def told(world: World) -> list[str]:
    return ["opened" if t.opened else "closed" for t in world.heard.transitions if t.opened or t.closed]


def trip(world: World) -> None:
    for _ in range(5):
        world.environment().fails()


def test_each_transition_is_heard_once_from_the_one_who_made_it(world: World) -> None:
    trip(world)
    world.environment().fails(3)
    assert turns(world) == [
        (State.CLOSED, State.OPEN),
        (State.OPEN, State.HALF_OPEN),
        (State.HALF_OPEN, State.OPEN),
    ]
    assert [t.after.epoch for t in world.heard.transitions] == [1, 2, 3]
    assert world.heard.transitions[0].after.by == "environment-5"


def test_the_world_is_told_once_that_it_opened_and_once_that_it_closed(world: World) -> None:
    trip(world)
    prober = world.environment()
    for _ in range(3):
        prober.fails(3)
        world.clock.forward(10)
    prober.succeeds(3)
    assert told(world) == ["opened", "closed"]
    assert len(world.heard.transitions) == 2 * 4 + 1


def test_the_world_is_not_told_of_a_false_alarm(world: World) -> None:
    trip(world)
    world.environment().succeeds(3)
    assert turns(world)[-1] == (State.HALF_OPEN, State.CLOSED)
    assert told(world) == []


@pytest.mark.parametrize(
    ("before", "mode", "opened", "closed"),
    [
        (Record(), Mode.FORCED_OPEN, True, False),
        (Record(state=State.OPEN, opens=3), Mode.FORCED_OPEN, False, False),
        (Record(state=State.OPEN, opens=0), Mode.FORCED_OPEN, True, False),
        (Record(state=State.HALF_OPEN, opens=2), Mode.DISABLED, False, True),
        (Record(), Mode.METRICS_ONLY, False, False),
        (Record(state=State.CLOSED, opens=2), Mode.FORCED_OPEN, True, False),
    ],
)
def test_the_world_is_told_of_modes_that_stop_or_free_calls(
    world: World, before: Record, mode: Mode, *, opened: bool, closed: bool
) -> None:
    world.put(replace(before, revision=1, epoch=1))
    after = set_mode(world.store, CIRCUIT, Override(mode, "ada", "drill"), now=NOW)
    transition = Transition(CIRCUIT, world.store.seen[0], after)
    assert (transition.opened, transition.closed) == (opened, closed)


def test_lifting_a_forced_opening_is_told_when_calls_flow_again(world: World) -> None:
    forced = set_mode(world.store, CIRCUIT, Override(Mode.FORCED_OPEN, "ada", "drill"), now=NOW)
    lifted = set_mode(world.store, CIRCUIT, Override(Mode.AUTO, "ada", "over"), now=NOW)
    assert not Transition(CIRCUIT, forced, lifted).opened
    world.environment().succeeds(3)
    assert told(world) == ["closed"]


def test_a_transition_makes_a_line_and_trouble_with_the_store_a_metric_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")
    listener = LogAndCount(Logger(service="tests"))
    half_open = Record(revision=1, epoch=2, state=State.HALF_OPEN, reason="time to probe", by="environment-1")
    listener.turned(Transition(CIRCUIT, Record(), half_open), shared=True)
    listener.parted(CIRCUIT, StoreUnavailable("ThrottlingException"))
    listener.rejoined(CIRCUIT)
    listener.repaired(CIRCUIT, Unreadable("no circuit"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    turned = next(line for line in lines if line.get("message") == "circuit turned")
    assert (turned["circuit"], turned["before"], turned["after"]) == (CIRCUIT, "CLOSED", "HALF_OPEN")
    assert (turned["reason"], turned["by"], turned["shared"]) == ("time to probe", "environment-1", True)
    metrics = [line for line in lines if "_aws" in line]
    assert [metric["circuit"] for metric in metrics] == [CIRCUIT] * 2
    assert metrics[0]["CircuitStoreUnavailable"] == [1]
    assert metrics[1]["CircuitRepaired"] == [1]
    assert next(line for line in lines if line.get("reason") == "ThrottlingException")
