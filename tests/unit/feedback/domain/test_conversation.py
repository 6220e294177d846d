"""The state machine alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.conversation import Conversation, Flow, SurveyMachine, flow
from feedback.domain.send_ledger import SmsState
from tests.support.feedback.world import MACHINE, NOON

DAY = timedelta(days=1)


def opened() -> Conversation:
    return MACHINE.opened(ride_id="r", responder_id="u-1", customer_id="c", correlation_id="rfq", now=NOON)


def sent(conversation: Conversation, after: timedelta = timedelta()) -> Conversation:
    """With its last SMS sent."""
    index, now = len(conversation.sms) - 1, NOON + after
    return MACHINE.received(conversation, index, conversation.last.received("sent", f"m{index}", now), now)


def heard(conversation: Conversation, *texts: str) -> Conversation:
    for text in texts:
        conversation = MACHINE.heard(sent(conversation), text, NOON)
    return conversation


def said(conversation: Conversation) -> list[str]:
    return [sms.prompt for sms in conversation.sms]


@pytest.mark.parametrize(
    ("texts", "prompts", "score", "call", "ending"),
    [
        (["8"], ["ask-score", "thank"], 8, False, "answered"),
        (["5"], ["ask-score", "thank"], 5, False, "answered"),
        (["4", "yes"], ["ask-score", "ask-call", "promise-call"], 4, True, "answered"),
        (["1", "no"], ["ask-score", "ask-call", "respect-no"], 1, False, "answered"),
        (["999", "8"], ["ask-score", "ask-score-again", "thank"], 8, False, "answered"),
        (["a", "b", "c"], ["ask-score", *["ask-score-again"] * 2, "give-up"], None, False, "not-understood"),
        (
            ["a", "b", "3", "a", "b", "no"],
            ["ask-score", *["ask-score-again"] * 2, "ask-call", *["ask-call-again"] * 2, "respect-no"],
            3,
            False,
            "answered",
        ),
        (
            ["2", "a", "8", "9"],
            ["ask-score", "ask-call", *["ask-call-again"] * 2, "give-up"],
            2,
            False,
            "answered",
        ),
        (["8", "3", "yes"], ["ask-score", "thank"], 8, False, "answered"),
        (["3"], ["ask-score", "ask-call"], 3, False, None),
    ],
)
def test_the_ways_through(
    texts: list[str], prompts: list[str], score: int | None, call: bool, ending: str | None
) -> None:
    conversation = heard(opened(), *texts)
    assert (said(conversation), conversation.score) == (prompts, score)
    assert (conversation.call_wanted, conversation.ending) == (call, ending)
    assert (conversation.stage is None) == (ending is not None)


def test_one_reminder_after_a_day_and_the_end_after_three() -> None:
    conversation = sent(opened())
    assert MACHINE.wake_at(conversation) == NOON + DAY
    assert MACHINE.woken(conversation, NOON + DAY - timedelta(seconds=1)) == conversation
    conversation = MACHINE.woken(conversation, NOON + DAY)
    assert said(conversation) == ["ask-score", "remind-score"]
    conversation = sent(conversation, DAY)
    assert MACHINE.wake_at(conversation) == NOON + 3 * DAY
    conversation = MACHINE.woken(conversation, NOON + 3 * DAY)
    assert (conversation.ending, said(conversation)[2:]) == ("no-answer", [])
    assert MACHINE.wake_at(conversation) is None
    assert MACHINE.heard(conversation, "8", NOON + 3 * DAY) == conversation


def test_a_low_score_that_is_never_followed_up_is_an_answer() -> None:
    conversation = sent(heard(opened(), "2"))
    assert MACHINE.woken(conversation, NOON + 3 * DAY).ending == "answered"


def test_the_time_runs_from_the_first_sms() -> None:
    late = sent(opened(), timedelta(hours=11))
    assert MACHINE.wake_at(late) == NOON + timedelta(hours=11) + DAY
    reminded = sent(MACHINE.woken(late, NOON + 2 * DAY), 2 * DAY)
    assert MACHINE.wake_at(reminded) == NOON + timedelta(hours=11) + 3 * DAY


@pytest.mark.parametrize(
    ("state", "ending"),
    [("failed", "undeliverable"), ("blocked", "undeliverable"), ("refused", "undeliverable")],
)
def test_who_cannot_be_reached_is_not_reminded(state: SmsState, ending: str) -> None:
    conversation = sent(opened())
    conversation = conversation.with_last(replace(conversation.last, state=state))
    assert MACHINE.wake_at(conversation) == NOON + 3 * DAY
    assert MACHINE.woken(conversation, NOON + 2 * DAY) == conversation
    assert MACHINE.woken(conversation, NOON + 3 * DAY).ending == ending


def test_stop_withholds_what_was_to_be_sent_and_the_reminder() -> None:
    stopped = MACHINE.stopped(opened(), NOON)
    assert stopped.last.state == "withheld"
    assert MACHINE.wake_at(stopped) == NOON + 3 * DAY
    assert MACHINE.woken(stopped, NOON + 3 * DAY).ending == "opted-out"
    after = MACHINE.stopped(sent(opened()), NOON)
    assert MACHINE.wake_at(after) == NOON + 3 * DAY


def test_start_asks_the_open_question_again() -> None:
    resumed = MACHINE.resumed(MACHINE.stopped(heard(opened(), "3"), NOON), NOON)
    assert said(resumed) == ["ask-score", "ask-call", "ask-call"]
    assert MACHINE.heard(sent(resumed), "yes", NOON).call_wanted
    ended = heard(opened(), "8")
    assert said(MACHINE.resumed(ended, NOON)) == said(ended)


def test_help_is_given_in_every_stage_and_after_the_end() -> None:
    for texts, prompt in (([], "help-score"), (["3"], "help-call"), (["8"], "help-after")):
        before = heard(opened(), *texts)
        helped = MACHINE.helped(sent(before), NOON)
        assert helped.last.prompt == prompt
        assert (helped.stage, helped.misunderstood) == (before.stage, before.misunderstood)


def test_a_conversation_has_its_fill() -> None:
    conversation = opened()
    for _ in range(50):
        conversation = MACHINE.helped(sent(conversation), NOON)
    assert len(conversation.sms) == MACHINE.limits.messages
    assert MACHINE.heard(conversation, "8", NOON).score == 8


def test_what_was_not_sent_is_overtaken_but_a_claim_is_not_forgotten() -> None:
    unsent = MACHINE.heard(opened(), "8", NOON)
    assert [sms.state for sms in unsent.sms] == ["dropped", "waiting"]
    claimed = opened().with_last(opened().last.claimed(NOON))
    assert [sms.state for sms in MACHINE.heard(claimed, "8", NOON).sms] == ["claimed", "waiting"]


def test_a_claim_without_an_outcome_is_sent_again_only_after_the_window() -> None:
    claimed = opened().with_last(opened().last.claimed(NOON))
    window = timedelta(seconds=MACHINE.limits.resend_after)
    assert MACHINE.wake_at(claimed) == NOON + window
    assert MACHINE.woken(claimed, NOON + window - timedelta(seconds=1)) == claimed
    assert MACHINE.woken(claimed, NOON + window).last.due(NOON + window)


@pytest.mark.parametrize("state", ["waiting", "claimed", "dropped", "withheld"])
def test_an_event_settles_any_doubt(state: SmsState) -> None:
    conversation = opened()
    conversation = conversation.with_last(replace(conversation.last, state=state))
    settled = sent(conversation)
    assert (settled.last.state, settled.last.message_id, settled.asked_at) == ("sent", "m0", NOON)


def test_the_first_final_receipt_stands() -> None:
    delivered = opened().last.received("delivered", "m", NOON)
    assert delivered.received("failed", "m", NOON, "TEXT_UNREACHABLE") == delivered
    assert delivered.received("sent", "m", NOON) == delivered


def test_what_cannot_be_sent_is_let_go_in_the_end() -> None:
    """A last word that is throttled for ever must not keep the conversation awake for ever."""
    conversation, now = heard(opened(), "8"), NOON
    while wake_at := MACHINE.wake_at(conversation):
        now = wake_at
        conversation = MACHINE.woken(conversation, now)
        if conversation.last.due(now):
            last = conversation.last.postponed(now + timedelta(hours=1), now, "ThrottlingException")
            conversation = conversation.with_last(last)
    assert conversation.last.state == "dropped"
    assert now <= NOON + 3 * DAY + timedelta(hours=2)


@given(st.lists(st.sampled_from(["8", "3", "what", "yes", "no", "-1", "", "HELP"]), max_size=30))
def test_there_is_never_a_second_score(texts: list[str]) -> None:
    conversation, scores = opened(), []
    for text in texts:
        conversation = MACHINE.heard(conversation, text, NOON)
        scores.append(conversation.score)
    given = [score for score in scores if score is not None]
    assert len(set(given)) <= 1
    assert scores[len(scores) - len(given) :] == given


def test_an_outcome_may_end_the_conversation_without_a_word() -> None:
    data = flow().model_dump()
    for outcome in data["stages"]["score"]["outcomes"]:
        outcome["says"] = None
    conversation = SurveyMachine(Flow.model_validate(data)).heard(sent(opened()), "8", NOON)
    assert (said(conversation), conversation.ending) == (["ask-score"], "answered")
