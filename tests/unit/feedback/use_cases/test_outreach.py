"""The send ledger in an account: what is sent once, what may be sent twice, and what is never forgotten."""

from datetime import timedelta

import pytest

from tests.support.feedback.crash import Died, dying
from tests.support.feedback.phones import REFUSALS
from tests.support.feedback.world import MACHINE, OURS, SEATTLE, World, chosen, waiting

WINDOW = timedelta(seconds=MACHINE.limits.resend_after)
STEP = {"before the call": 0, "after it": 1}
"""Only calls of the SMS service are counted in an account."""


@pytest.fixture
def world(world_in_account: World) -> World:
    return world_in_account


def crash(world: World, at: int) -> None:
    """Bring the stream to the outreach function, which dies at a step."""
    records = chosen(world.aws.records(), waiting)
    with pytest.raises(Died), dying(world, at):
        world.outreach.handle({"Records": records})
    world.outreach.handle({"Records": records})  # the stream brings them again


def test_a_crash_after_the_send_does_not_send_again_within_the_window(world: World) -> None:
    world.ride("r", world.customer())
    crash(world, STEP["after it"])
    assert (len(world.phones.sent), world.states("r")) == (1, ["claimed"])
    world.pass_time(seconds=WINDOW.total_seconds() - 1)
    world.pump()
    assert len(world.phones.sent) == 1


def test_an_event_settles_it_and_it_is_never_sent_again(world: World) -> None:
    world.ride("r", world.customer())
    crash(world, STEP["after it"])
    [question] = world.phones.sent
    world.track("TEXT_SENT", question)
    world.pass_time(days=1, seconds=-1)
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])
    assert world.names_told() == ["FeedbackRequested"]
    world.hear("8", question)
    assert world.conversation("r").score == 8


def test_a_reply_settles_it_as_well(world: World) -> None:
    world.ride("r", world.customer())
    crash(world, STEP["after it"])
    world.hear("8", world.last_sms())
    world.pump()
    world.pass_time(days=1)
    world.pump()
    assert [sms.context["sms"] for sms in world.phones.sent] == ["0", "1"]
    assert world.names_told() == ["FeedbackRequested", "FeedbackReceived"]


def test_without_any_news_it_is_sent_once_more(world: World) -> None:
    """The one way to send twice: a crash after the send, and no event within the window."""
    world.ride("r", world.customer())
    crash(world, STEP["after it"])
    for _ in range(3):
        world.pass_time(seconds=WINDOW.total_seconds())
        world.pump()
    assert (len(world.phones.sent), world.states("r")) == (2, ["sent"])
    # Answers to either are understood, and late events of the first change nothing.
    world.track("TEXT_DELIVERED", world.phones.sent[0])
    world.hear("8", world.phones.sent[0])
    assert world.conversation("r").score == 8


def test_a_crash_before_the_send_is_not_forgotten(world: World) -> None:
    world.ride("r", world.customer())
    crash(world, STEP["before the call"])
    assert world.phones.sent == []
    world.pass_time(seconds=WINDOW.total_seconds())
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["no-answer", "broken-after", "broken"])
def test_a_call_without_a_clear_answer_is_not_repeated_within_the_window(world: World, fault: str) -> None:
    world.ride("r", world.customer())
    world.phones.faults = [fault]
    world.pump()
    assert (world.phones.requests, world.states("r")) == (1, ["claimed"])
    world.pass_time(seconds=WINDOW.total_seconds() - 1)
    world.pump()
    assert world.phones.requests == 1
    world.pass_time(seconds=1)
    world.pump()
    assert (world.phones.requests, world.states("r")) == (2, ["sent"])


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["throttled", "budget", "misconfigured", "no-connection"])
def test_what_was_not_taken_for_now_is_tried_later_and_sent_once(world: World, fault: str) -> None:
    world.ride("r", world.customer())
    world.phones.faults = [fault] * 3
    world.pump()
    assert (world.phones.requests, world.states("r")) == (1, ["waiting"])
    for _ in range(4):
        world.pass_time(minutes=20)
        world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])


def test_without_a_number_of_ours_nothing_is_sent_and_nothing_lost(world: World) -> None:
    world.ours = None
    world.ride("r", world.customer())
    world.pump()
    [sms] = world.conversation("r").sms
    assert (world.phones.requests, sms.state, sms.reason) == (0, "waiting", "no-origination-number")
    assert world.metrics.metric_set["OriginationNumberMissing"]["Value"] == [1.0]
    world.ours = OURS
    world.pass_time(minutes=20)
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])
    [line] = [line for line in world.logs if line["message"] == "sms sent"]
    assert line["waited_s"] == 20 * 60
    assert world.metrics.metric_set["SmsLate"]["Value"] == [1.0]


def test_what_goes_out_at_once_is_not_late(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    [line] = [line for line in world.logs if line["message"] == "sms sent"]
    assert line["waited_s"] == 0
    assert "SmsLate" not in world.metrics.metric_set


@pytest.mark.parametrize("fault", ["invalid", "blocked"])
def test_what_is_refused_is_shown_and_not_tried_again(world: World, fault: str) -> None:
    world.ride("r", world.customer())
    world.phones.faults = [fault]
    for _ in range(4):
        world.pump()
        world.pass_time(days=1)
    conversation = world.conversation("r")
    assert world.phones.requests == 1
    assert (conversation.sms[0].state, conversation.sms[0].reason) == (
        "refused",
        REFUSALS[fault][2]["Reason"],
    )
    assert conversation.ending == "undeliverable"


def test_an_opt_out_that_only_aws_knows_of_is_learned(world: World) -> None:
    world.ride("r", world.customer())
    world.phones.faults = ["opted-out"]
    world.pump()
    world.ride("next", world.customer())
    world.pump()
    assert (world.phones.requests, world.states("r"), world.states("next")) == (1, ["withheld"], ["withheld"])
    world.now += timedelta(minutes=1)
    world.hear("START")
    world.pump()
    assert len(world.phones.to(SEATTLE)) == 1


def test_one_conversation_in_trouble_holds_up_no_other(world: World) -> None:
    one, other = world.customer(), world.customer("+12065550143")
    world.ride("r1", one)
    world.ride("r2", other)
    broken = {"dynamodb": {"Keys": {"id": {"S": "ride#r1"}}, "NewImage": {"sms_state": {"S": "waiting"}}}}
    item = next(item for item in world.aws.items() if item["id"]["S"] == "ride#r1")
    world.aws.dynamodb.put_item(TableName=world.aws.table, Item={**item, "sms": {"S": "?"}})
    world.aws.records()
    good = {"dynamodb": {"Keys": {"id": {"S": "ride#r2"}}, "NewImage": {"sms_state": {"S": "waiting"}}}}
    world.outreach.handle({"Records": [broken, good]})
    assert len(world.phones.to("+12065550143")) == 1
    world.pass_time(days=1)
    world.pump()
    assert len(world.phones.to("+12065550143")) == 2


def test_lines_about_a_conversation_bear_its_correlation_id_and_others_that_of_the_request(
    world: World,
) -> None:
    world.ride("r", world.customer())
    world.logger.set_correlation_id("request")
    key = {"dynamodb": {"Keys": {"id": {"S": "ride#unknown"}}}}
    world.outreach.handle({"Records": [*chosen(world.aws.records(), waiting), key]})
    outreach = [line for line in world.logs if line["message"] == "outreach"]
    assert [(line["outcome"], line["correlation_id"]) for line in outreach] == [
        ("sent", "rfq-of-r"),
        ("not due", "request"),
    ]
