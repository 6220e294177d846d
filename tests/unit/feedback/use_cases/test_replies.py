"""Replies: found, told apart, never counted twice, and STOP honoured."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.feedback.phones import Sent
from tests.support.feedback.world import MACHINE, OURS, SEATTLE, World


@pytest.fixture
def question(world: World) -> Sent:
    world.ride("r", world.customer())
    world.pump()
    return world.last_sms()


def two_conversations(world: World) -> tuple[Sent, Sent]:
    """Of two customers on one phone; the second is the newer."""
    for ride_id in ("a", "b"):
        world.ride(ride_id, world.customer())
        world.pump()
    one, other = world.phones.to(SEATTLE)
    return one, other


def scores(world: World, *ride_ids: str) -> list[int | None]:
    return [world.conversation(ride_id).score for ride_id in ride_ids]


def test_two_conversations_on_one_number_are_told_apart(world: World) -> None:
    one, other = two_conversations(world)
    world.hear("8", one)
    world.hear("8", other)
    assert scores(world, "a", "b") == [8, 8]


@pytest.mark.parametrize("answers", [None, "unknown-id"])
def test_without_a_known_id_an_unclear_reply_is_answered(
    world: World, question: Sent, answers: str | None
) -> None:
    world.hear("what?", answers)
    assert world.prompts("r") == ["ask-score", "ask-score-again"]


def test_a_repetition_does_not_pass_for_an_answer_about_another_ride(world: World) -> None:
    """Its own question is answered, so it seems to be about the next; that one has had no answer yet."""
    one, other = two_conversations(world)
    world.hear("8", other)
    world.hear("8")
    assert scores(world, "a", "b") == [None, 8]
    world.hear("8", one)
    assert scores(world, "a", "b") == [8, 8]


@pytest.mark.parametrize("answers", [None, "unknown-id"])
def test_without_a_known_id_the_newest_open_conversation_is_meant(world: World, answers: str | None) -> None:
    two_conversations(world)
    world.hear("8", answers)
    assert scores(world, "a", "b") == [None, 8]
    world.now += timedelta(minutes=1)
    world.hear("9", answers)
    assert scores(world, "a", "b") == [9, 8]


def unsure(world: World, ride_id: str) -> Sent:
    """An SMS that was sent, though its sender never learned of it: its id is unknown."""
    world.ride(ride_id, world.customer())
    world.phones.faults = ["no-answer"]
    world.pump()
    assert world.conversation(ride_id).unsettled
    return world.last_sms()


def test_an_unknown_id_is_probably_that_of_an_sms_whose_sender_died(world: World) -> None:
    """Else the answer would count for the ride that it is not about."""
    question = unsure(world, "a")
    world.ride("b", world.customer())
    world.pump()
    world.hear("2", question)
    assert scores(world, "a", "b") == [2, None]


def test_of_several_unsure_conversations_the_newest_is_meant(world: World) -> None:
    unsure(world, "a")
    question = unsure(world, "b")
    world.ride("c", world.customer())
    world.pump()
    world.hear("2", question)
    assert scores(world, "a", "b", "c") == [None, 2, None]


def test_without_an_id_the_newest_is_meant_even_if_another_is_unsure(world: World) -> None:
    unsure(world, "a")
    world.ride("b", world.customer())
    world.pump()
    world.hear("2")
    assert scores(world, "a", "b") == [None, 2]


def test_the_id_of_an_ended_conversation_is_known_and_says_nothing_of_an_unsure_one(world: World) -> None:
    unsure(world, "a")
    world.ride("b", world.customer())
    world.ride("c", world.customer())
    world.pump()
    *_, ended = world.phones.about("c")
    world.hear("9", ended)
    world.now += timedelta(minutes=1)
    world.hear("2", ended)
    assert scores(world, "a", "b", "c") == [None, None, 9]


@pytest.mark.parametrize("receipt", ["TEXT_SENT", "TEXT_DELIVERED"])
def test_a_receipt_makes_the_id_known_that_a_dead_sender_could_not_note(world: World, receipt: str) -> None:
    """Once it is settled, nothing but its id tells it from the newest conversation."""
    question = unsure(world, "a")
    world.track(receipt, question)
    world.ride("b", world.customer())
    world.pump()
    world.hear("2", question)
    assert scores(world, "a", "b") == [2, None]


@pytest.mark.parametrize("of_the_first", ["TEXT_SENT", "TEXT_DELIVERED"])
def test_both_ids_of_an_sms_that_was_sent_twice_are_known(world: World, of_the_first: str) -> None:
    """A late receipt of the first changes nothing in the ledger; its id is noted all the same."""
    first = unsure(world, "a")
    world.pass_time(seconds=MACHINE.limits.resend_after)
    world.pump()
    second = world.last_sms()
    world.track("TEXT_DELIVERED", second)
    before = world.conversation("a")
    world.track(of_the_first, first)
    assert world.conversation("a") == before
    world.ride("b", world.customer())
    world.pump()
    world.hear("3", first)
    world.hear("no", second)
    assert (scores(world, "a", "b"), world.conversation("a").answers["call"]) == ([3, None], "no")


@pytest.mark.parametrize("text", ["7", "no, 7", "yes"])
def test_a_correction_that_names_a_ride_is_about_that_ride(world: World, text: str) -> None:
    """Whether it names the question or the thanks: a score is final, and no other ride gets it."""
    one, other = two_conversations(world)
    world.hear("8", other)
    world.pump()
    for named in (other, world.last_sms()):
        world.now += timedelta(minutes=1)
        world.hear(text, named)
    assert (scores(world, "a", "b"), world.prompts("a")) == ([None, 8], ["ask-score"])
    world.hear("7", one)
    assert scores(world, "a", "b") == [7, 8]


def test_an_id_from_another_number_is_not_believed(world: World, question: Sent) -> None:
    world.hear("1", question, sender="+12065550199")
    assert scores(world, "r") == [None]


def test_a_reply_to_another_number_of_ours_is_not_for_us(world: World, question: Sent) -> None:
    world.hear("1", ours="+18445550199")
    assert scores(world, "r") == [None]
    world.hear("9", ours=OURS)
    assert scores(world, "r") == [9]


def test_a_reply_from_a_stranger_is_noted_and_nothing_more(world: World) -> None:
    for text in ("8", "hello", "yes"):
        world.hear(text, sender="+12065550199")
    world.pump()
    assert world.phones.sent == []
    assert world.aws.parked() == []


@pytest.mark.parametrize("again", [timedelta(), timedelta(hours=2), timedelta(days=2)])
def test_the_same_reply_again_changes_nothing(world: World, again: timedelta) -> None:
    two_conversations(world)
    body = world.reply("3", world.last_sms())
    assert world.handle(world.replies, body, body) == []
    world.pump()
    world.now += again
    assert world.handle(world.replies, body) == []
    assert scores(world, "a", "b") == [None, 3]
    assert world.prompts("b") == ["ask-score", "ask-call"]


def test_the_same_words_within_seconds_are_one_reply(world: World) -> None:
    """A carrier delivers an SMS twice, under two ids; between them, AWS has learned of our next SMS."""
    two_conversations(world)
    world.hear("3", world.last_sms())
    world.pump()
    world.now += timedelta(seconds=9)
    world.hear("3", world.last_sms())
    world.hear("3")
    assert scores(world, "a", "b") == [None, 3]
    assert world.prompts("b") == ["ask-score", "ask-call"]
    world.now += timedelta(seconds=11)
    world.hear("3", world.last_sms())
    assert world.prompts("b") == ["ask-score", "ask-call", "ask-call-again"]


@pytest.mark.parametrize("later", [timedelta(seconds=11), timedelta(days=14)])
def test_the_same_inbound_id_again_changes_nothing_however_late(
    world: World, question: Sent, later: timedelta
) -> None:
    """SNS may tell of it again, with another time: by its words it would be a new reply."""
    world.hear("what?", question, inbound_id="in")
    world.hear("what?", question, inbound_id="in", at=world.now + later)
    assert world.prompts("r") == ["ask-score", "ask-score-again"]


def test_words_are_compared_by_when_they_were_sent(world: World, question: Sent) -> None:
    """Else two replies that were held up on their way would be taken for one, or one for two."""
    sent_at = world.now
    world.now += timedelta(hours=1)
    world.hear("what?", question, at=sent_at)
    world.hear("what?", question, at=sent_at - timedelta(seconds=11))
    assert world.prompts("r") == ["ask-score", *["ask-score-again"] * 2]
    world.now += timedelta(hours=1)
    world.hear("what?", question, at=sent_at + timedelta(seconds=1))
    assert world.prompts("r") == ["ask-score", *["ask-score-again"] * 2]


def test_a_repetition_of_a_repetition_is_one(world: World, question: Sent) -> None:
    """A carrier that delivers an SMS many times takes longer than ten seconds."""
    for _ in range(4):
        world.hear("what?", question)
        world.now += timedelta(seconds=8)
    assert world.prompts("r") == ["ask-score", "ask-score-again"]


def test_a_repetition_leaves_the_conversation_alone(world: World, question: Sent) -> None:
    """Else it would get in the way of the sender that notes its success."""
    world.hear("what?", question)
    before = world.conversation("r")
    world.hear("what?", question)
    assert world.conversation("r") == before


def test_help_is_repeated_for_another_conversation_only(world: World) -> None:
    """The same words about another ride are no repetition if AWS says which ride, even an ended one."""
    one, other = two_conversations(world)
    for question in (one, other):
        world.hear("8", question)
    for question in (one, other, one):
        world.hear("HELP", question)
    assert [world.prompts(ride_id)[1:] for ride_id in ("a", "b")] == [["thank", "help-after"]] * 2


@pytest.mark.parametrize("stop", ["STOP", "alto", "please stop"])
@pytest.mark.parametrize("answers", [[], ["3"], ["3", "yes"]])
def test_stop_in_every_stage_and_any_language(
    world: World, question: Sent, stop: str, answers: list[str]
) -> None:
    for text in answers:
        world.hear(text, question)
        world.pump()
    sent = len(world.phones.sent)
    world.hear(stop, question)
    world.ride("another", world.customer())
    for text in ("3", "HELP", "what?", "no", "STOP"):
        world.now += timedelta(seconds=11)
        world.hear(text)
        world.pump()
    for _ in range(4):
        world.pass_time(days=1)
        world.pump()
    assert [sms.text.partition(" and ")[0] for sms in world.phones.sent[sent:]] == [
        "Wild Rydes: you have opted out"
    ]
    assert world.conversation("another").ending == "opted-out"


def test_stop_before_the_first_sms_of_another_conversation(world: World, question: Sent) -> None:
    world.ride("next", world.customer())
    records = world.aws.records()
    world.hear("STOP", question)
    world.outreach.handle({"Records": records})
    world.pump()
    assert (len(world.phones.about("next")), world.states("next")) == (0, ["withheld"])
    assert world.names_told() == ["FeedbackRequested"]


def test_a_replayed_ride_does_not_wake_who_said_stop(world: World) -> None:
    customer = world.customer()
    body = world.completed("r", customer)
    world.handle(world.rides, body)
    world.pump()
    world.hear("STOP", world.last_sms())
    world.now += timedelta(days=2)
    world.handle(world.rides, body, world.completed("r2", customer))
    world.pump()
    assert [world.prompts("r"), world.states("r2")] == [["ask-score", "confirm-stop"], ["withheld"]]


def test_start_resumes(world: World, question: Sent) -> None:
    world.hear("3", question)
    world.hear("STOP", question)
    world.now += timedelta(minutes=1)
    world.pump()
    assert world.states("r") == ["sent", "withheld", "sent"]
    world.hear("START")
    world.pump()
    assert world.prompts("r") == ["ask-score", "ask-call", "confirm-stop", "ask-call"]
    assert world.states("r")[-1] == "sent"
    world.hear("yes", world.last_sms())
    assert world.conversation("r").call_wanted


def test_a_start_from_before_the_stop_does_not_undo_it(world: World, question: Sent) -> None:
    before = world.reply("START", question)
    world.now += timedelta(seconds=30)
    world.hear("STOP", question)
    world.handle(world.replies, before)
    world.hear("8", question)
    world.pump()
    assert world.prompts("r") == ["ask-score", "confirm-stop"]
    assert scores(world, "r") == [8]


def test_a_stop_from_before_the_start_does_not_undo_it(world: World, question: Sent) -> None:
    before = world.reply("STOP", question)
    world.now += timedelta(seconds=30)
    world.hear("START", question)
    world.handle(world.replies, before)
    world.hear("what?", question)
    world.pump()
    assert world.last_sms().text.startswith("Sorry")
    assert not world.conversation("r").muted
    world.pass_time(days=1)
    assert world.prompts("r")[-1] == "remind-score"


def test_an_answer_after_the_end_is_ignored_and_counted_as_such(world: World, question: Sent) -> None:
    for text in ("8", "7"):
        world.hear(text, question)
    assert scores(world, "r") == [8]
    assert [line["outcome"] for line in world.logs if line["message"] == "reply"] == ["understood", "ignored"]


def test_an_answer_that_a_stop_has_overtaken_still_counts(world: World, question: Sent) -> None:
    answer = world.reply("2", question)
    world.now += timedelta(seconds=5)
    assert world.handle(world.replies, world.reply("STOP", question)) == []
    assert world.handle(world.replies, answer) == []
    world.pump()
    assert scores(world, "r") == [2]
    assert world.states("r") == ["sent", "sent"], "nothing gets in the way of the confirmation"
    assert "FeedbackReceived" in world.names_told()


def test_replies_of_one_batch_are_heard_in_the_order_they_were_sent(world: World, question: Sent) -> None:
    first = world.reply("3", question)
    world.now += timedelta(seconds=1)
    second = world.reply("yes", question)
    world.handle(world.replies, second, first)
    assert world.conversation("r").answers == {"score": 3, "call": "yes"}


def test_help_is_answered_and_repeats_nothing(world: World, question: Sent) -> None:
    world.hear("HELP", question)
    world.pump()
    assert "asks once after a ride" in world.last_sms().text
    world.hear("9", world.last_sms())
    world.pump()
    world.hear("AYUDA", world.last_sms())
    world.pump()
    assert world.prompts("r") == ["ask-score", "help-score", "thank", "help-after"]


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        {"originationNumber": "+12065550142"},
        {"originationNumber": "x", "destinationNumber": OURS, "inboundMessageId": "i", "messageBody": "8"},
        {"originationNumber": SEATTLE, "destinationNumber": OURS, "inboundMessageId": "", "messageBody": "8"},
        {
            "originationNumber": SEATTLE,
            "destinationNumber": OURS,
            "inboundMessageId": "i",
            "messageBody": "8" * 5000,
        },
    ],
)
def test_what_is_no_reply_is_parked_with_its_reason(world: World, content: object) -> None:
    assert world.handle(world.replies, world.notification(content)) == []
    [parked] = world.aws.parked()
    assert parked["reason"]
    assert "2065550142" not in parked["reason"]


def test_an_empty_reply_is_asked_again(world: World, question: Sent) -> None:
    world.hear("", question)
    assert world.prompts("r") == ["ask-score", "ask-score-again"]


@pytest.mark.parametrize("year", [1969, 2019, 9999])
def test_a_time_that_nothing_can_hold_is_parked_by_its_name(world: World, year: int) -> None:
    body = world.reply("8", at=datetime(year, 1, 1, tzinfo=UTC))
    assert world.handle(world.replies, body) == []
    [parked] = world.aws.parked()
    assert parked["reason"] == "no valid InboundSms: Timestamp: should be an instant between 2020 and 2100"
