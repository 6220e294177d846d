"""What time changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.feedback.support_api import Client
from tests.support.feedback.world import MADRID, NOON, SEATTLE, World, chosen, waiting

SATELLITE = "+882161234567"


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
    morning = datetime(2026, 11, 22, 17, tzinfo=UTC)  # the last one in the hour in which all go out
    assert world.next_due() == morning
    world.pass_time(hours=10, minutes=29)
    world.pump()
    assert world.phones.sent == []
    world.pass_time(minutes=1)
    world.pump()
    [question] = world.phones.sent
    assert question.at == morning
    assert world.names_told() == ["FeedbackRequested"]


@pytest.mark.parametrize(
    ("number", "time_zone", "hours"),
    [
        (SEATTLE, "Asia/Tokyo", 4),  # 5 in the morning: it is day where the number is, not where the ride was
        (MADRID, "America/Los_Angeles", 0),  # and the other way round
        (MADRID, "Mars/Olympus_Mons", 13),  # a zone that is news to us
        (MADRID, None, 13),  # or on the Canary Islands
        (SATELLITE, "Asia/Tokyo", 4),
        (SATELLITE, None, 3),  # our own number is of North America, where it is day from 22 h UTC on
    ],
)
def test_it_is_day_where_the_ride_was_then_where_the_number_is_then_where_we_are(
    world: World, number: str, time_zone: str | None, hours: int
) -> None:
    world.ride("r", world.customer(number), time_zone=time_zone)
    world.pump()
    if hours:
        assert world.phones.sent == []
        world.pass_time(hours=hours, seconds=-1)
        world.pump()
        assert world.phones.sent == []
        world.pass_time(seconds=1)
        world.pump()
    assert [sms.at - NOON for sms in world.phones.sent] == [timedelta(hours=hours)]


def test_what_waited_for_the_morning_does_not_go_out_at_once(world: World) -> None:
    world.now = NOON + timedelta(hours=10)
    spread = iter([0, 1200, 3599])
    outreach = replace(world.outreach, uniform=lambda _, __: next(spread))
    for i in range(3):
        world.ride(f"r{i}", world.customer())
    outreach.handle({"Records": chosen(world.aws.records(), waiting)})
    assert [world.conversation(f"r{i}").last.not_before for i in range(3)] == [
        datetime(2026, 11, 22, 16, tzinfo=UTC) + timedelta(seconds=seconds) for seconds in (0, 1200, 3599)
    ]


def test_a_question_that_waits_for_its_morning_costs_the_customer_no_time(world: World) -> None:
    """Reminder and end are counted from the morning, wherever in the night the ride ended."""
    for hour in range(9, 20):
        world.now = NOON + timedelta(hours=hour)
        world.ride(f"r{hour}", world.customer())
    world.pump()
    while not (asked := world.phones.sent):
        world.now = world.next_due() or world.now
        world.timers.handle()
        world.pump()
    morning = asked[0].at
    world.now = morning + timedelta(days=3, seconds=-1)
    world.timers.handle()
    assert all(world.conversation(f"r{hour}").stage for hour in range(9, 20))


def test_what_the_stream_never_brought_is_sent_all_the_same(world_in_account: World) -> None:
    world_in_account.ride("r", world_in_account.customer())
    world_in_account.aws.records()
    world_in_account.pass_time(minutes=5)
    world_in_account.pump()
    assert len(world_in_account.phones.sent) == 1


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


def test_a_customer_whom_nobody_calls_is_noticed_after_two_days_until_somebody_does(world: World) -> None:
    world.wants_call("r")
    support = Client(world)

    def overdue() -> float:
        world.metrics.clear_metrics()
        world.timers.handle()
        return float(sum(world.metrics.metric_set.get("CallbacksOverdue", {"Value": []})["Value"]))

    assert overdue() == 0
    world.now += timedelta(days=2, seconds=-1)
    assert overdue() == 0
    world.now += timedelta(seconds=1)
    support("PUT", "/callbacks/r/claim")  # a claim is no call
    assert overdue() == 1
    support("POST", "/callbacks/r/outcome", {"outcome": "not-reached"})
    assert overdue() == 0
