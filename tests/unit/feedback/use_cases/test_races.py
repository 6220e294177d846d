"""Two functions at once: one runs between any two calls of the other."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.support.feedback.memory import Memory
from tests.support.feedback.world import World

STEPS = range(16)
"""More than any of the functions has: before and after each call."""


@pytest.fixture
def world() -> Iterator[World]:
    world = World(Memory())
    world.ride("r", world.customer())
    yield world
    world.close()


def meanwhile(world: World, at: int, work: Callable[[], object], other: Callable[[], object]) -> None:
    """Do `other` at a step of `work`."""
    left = at

    def step(**_: object) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            other()

    world.on_call(step)
    work()
    world.on_call(None)


@pytest.mark.parametrize("at", STEPS)
def test_a_stop_while_an_sms_is_sent(world: World, at: int) -> None:
    """An SMS may cross with a STOP in the air, not follow it: none is claimed once the STOP is written."""
    world.pump()
    world.ride("next", world.customer())
    records = world.aws.records()
    state_at_stop = []

    def stop() -> None:
        world.hear("STOP", world.phones.sent[0])
        state_at_stop.append(world.states("next")[-1])

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), stop)
    if not state_at_stop:
        stop()
    assert len(world.phones.about("next")) == (state_at_stop[0] in ("claimed", "sent"))
    world.pass_time(days=2)
    world.pump()
    assert len(world.phones.sent) <= 2


@pytest.mark.parametrize("at", STEPS)
def test_two_senders_of_one_sms(world: World, at: int) -> None:
    records = world.aws.records()

    def send() -> None:
        world.outreach.handle({"Records": records})

    meanwhile(world, at, send, send)
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])


@pytest.mark.parametrize("at", STEPS)
def test_two_answers_at_once(world: World, at: int) -> None:
    world.pump()
    question = world.last_sms()
    meanwhile(world, at, lambda: world.hear("8", question), lambda: world.hear("7", question))
    assert world.conversation("r").score in (7, 8)
    world.pump()
    received = [e["detail"]["data"] for e in world.aws.told() if e["detail-type"] == "FeedbackReceived"]
    assert [event["score"] for event in received] == [world.conversation("r").score]


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_and_a_receipt_while_the_sender_notes_its_success(world: World, at: int) -> None:
    records = world.aws.records()

    def react() -> None:
        if world.phones.sent:
            world.track("TEXT_DELIVERED", world.last_sms())
            world.hear("8", world.last_sms())

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), react)
    react()
    world.pump()
    assert (world.conversation("r").score, world.states("r")) == (8, ["delivered", "sent"])


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_while_the_time_runs_out(world: World, at: int) -> None:
    world.pump()
    question = world.last_sms()
    world.now += timedelta(days=3)
    meanwhile(world, at, world.timers.handle, lambda: world.hear("8", question))
    world.pump()
    names = world.names_told()
    assert ("FeedbackReceived" in names) != ("FeedbackExpired" in names)
    assert ("FeedbackReceived" in names) == (world.conversation("r").score == 8)


@pytest.mark.parametrize("at", STEPS)
def test_a_ride_told_twice_at_once(world: World, at: int) -> None:
    body = world.completed("twice", world.customer("+12065550143"))

    def ask() -> None:
        assert world.handle(world.rides, body) == []

    meanwhile(world, at, ask, ask)
    world.pump()
    assert len(world.phones.about("twice")) == 1


@pytest.mark.parametrize("at", STEPS)
def test_a_score_told_twice_at_once(world: World, at: int) -> None:
    world.pump()
    world.hear("8", world.last_sms())
    records = world.aws.records()

    def tell() -> None:
        world.outbox.handle({"Records": records})

    meanwhile(world, at, tell, tell)
    world.pump()
    ratings = [
        e["detail"]["data"]["rating"] for e in world.aws.told() if e["detail-type"] == "FeedbackReceived"
    ]
    assert ratings == [{"count": 1, "total": 8}]


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_while_its_question_is_not_taken_for_now(world: World, at: int) -> None:
    """The question is overtaken, and never sent."""
    records = world.aws.records()
    world.phones.faults = ["throttled"]
    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), lambda: world.hear("8"))
    world.now += timedelta(minutes=1)
    world.hear("8")
    world.pump()
    world.pass_time(hours=1)
    world.pump()
    assert (world.conversation("r").score, world.states("r")) == (8, ["dropped", "sent"])


@pytest.mark.parametrize("at", STEPS)
def test_two_senders_in_the_night(world: World, at: int) -> None:
    world.now += timedelta(hours=12)
    records = world.aws.records()

    def send() -> None:
        world.outreach.handle({"Records": records})

    meanwhile(world, at, send, send)
    assert (world.states("r"), world.conversation("r").last.tries) == (["waiting"], 1)
