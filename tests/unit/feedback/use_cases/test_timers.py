"""What time changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.feedback.world import NOON, World


def test_a_silent_customer(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.pass_time(days=1)
    world.pump()
    assert world.prompts("r") == ["ask-score", "remind-score"]
    world.pass_time(days=2)
    world.pump()
    assert len(world.phones.sent) == 2
    [_, expired] = world.aws.told()
    assert (expired["detail-type"], expired["detail"]["data"]["reason"]) == ("FeedbackExpired", "no-answer")


def test_the_night_is_waited_for(world: World) -> None:
    world.now = NOON + timedelta(hours=10, minutes=30)  # half past ten at night in Seattle
    world.ride("r", world.customer())
    world.pump()
    assert world.phones.sent == []
    assert world.conversation("r").last.reason == "night"
    morning = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert world.next_due() == morning
    world.pass_time(hours=9, minutes=29)
    world.pump()
    assert world.phones.sent == []
    world.pass_time(minutes=1)
    world.pump()
    [question] = world.phones.sent
    assert question.at == morning
    assert world.names_told() == ["FeedbackRequested"]


def test_what_the_stream_never_brought_is_sent_all_the_same(world_on_moto: World) -> None:
    world_on_moto.ride("r", world_on_moto.customer())
    world_on_moto.aws.records()
    world_on_moto.pass_time(minutes=5)
    world_on_moto.pump()
    assert len(world_on_moto.phones.sent) == 1


def test_what_is_not_taken_for_now_is_tried_ever_more_rarely_and_sent_once(world: World) -> None:
    world.phones.faults = ["throttled"] * 4
    world.ride("r", world.customer())
    world.pump()
    pauses = []
    for _ in range(4):
        due = world.next_due()
        assert due
        pauses.append((due - world.now) // timedelta(minutes=1))
        world.now = due
        world.timers.handle()
        world.pump()
    assert pauses == [1, 4, 16, 60]
    assert (world.phones.requests, world.states("r")) == (5, ["sent"])


def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next(world: World) -> None:
    world.ride("r", world.customer())
    world.aws.records()
    world.now += timedelta(minutes=5)
    due = world.next_due()
    ticks = (world.now + timedelta(seconds=second) for second in range(10))
    replace(world.timers, now=lambda: next(ticks), at_most=timedelta()).handle()
    assert world.next_due() == due
    world.timers.handle()
    assert world.next_due() != due
