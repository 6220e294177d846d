"""The state machine alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.flow import Flow, flow
from feedback.domain.send_ledger import Receipt, SmsState
from feedback.domain.wished_time import WishedTime
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
    assert MACHINE.woken(reminded, NOON + 3 * DAY) == reminded


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


@pytest.mark.parametrize("state", ["sent", "delivered", "failed", "refused", "dropped"])
def test_stop_does_not_withhold_what_has_its_outcome(state: SmsState) -> None:
    """Else the ledger would say of an SMS on somebody's phone that it was not sent."""
    conversation = opened().with_last(replace(opened().last, state=state))
    assert MACHINE.stopped(conversation, NOON + DAY).sms == conversation.sms


def test_after_start_all_is_as_if_there_had_been_no_stop() -> None:
    """The customer is reminded, and in the end has not answered, rather than opted out."""
    resumed = sent(MACHINE.resumed(MACHINE.stopped(opened(), NOON), NOON))
    assert MACHINE.wake_at(resumed) == NOON + DAY
    assert MACHINE.woken(resumed, NOON + DAY).reminded
    assert MACHINE.woken(resumed, NOON + 3 * DAY).ending == "no-answer"


def test_start_asks_the_open_question_again() -> None:
    resumed = MACHINE.resumed(MACHINE.stopped(heard(opened(), "3"), NOON), NOON)
    assert said(resumed) == ["ask-score", "ask-call", "ask-call"]
    assert MACHINE.heard(sent(resumed), "yes", NOON).call_wanted
    ended = heard(opened(), "8")
    assert said(MACHINE.resumed(ended, NOON)) == [*said(ended), "confirm-start"]


def test_start_gives_the_question_all_of_its_time_again() -> None:
    """Else one that a STOP held back for three days would end before it has come."""
    withheld = MACHINE.stopped(opened(), NOON)
    resumed = MACHINE.resumed(withheld, NOON + 2.9 * DAY)
    assert MACHINE.woken(resumed, NOON + 3 * DAY).stage == "score"
    assert sent(resumed, 2.9 * DAY).since == NOON + 2.9 * DAY


def test_a_question_may_be_asked_again_after_a_wait() -> None:
    """And has its time from then on."""
    planned = MACHINE.resumed(MACHINE.stopped(opened(), NOON), NOON, wait=5 * DAY)
    assert not planned.last.due(NOON + 5 * DAY - timedelta(seconds=1))
    assert MACHINE.wake_at(planned) == NOON + 5 * DAY
    woken = MACHINE.woken(planned, NOON + 5 * DAY)
    assert (woken.last.due(NOON + 5 * DAY), woken.last.promptly) == (True, False)
    assert MACHINE.wake_at(sent(woken, 5 * DAY)) == NOON + 6 * DAY


def confirmed(conversation: Conversation) -> Conversation:
    return MACHINE.confirmed(MACHINE.stopped(conversation, NOON), NOON)


def test_nothing_gets_in_the_way_of_the_confirmation_of_a_stop() -> None:
    """Neither another STOP, nor an answer that was on its way, nor HELP, nor the end, nor the limit of messages."""
    full = opened()
    for _ in range(50):
        full = MACHINE.helped(sent(full), NOON)
    for before in (opened(), full, heard(opened(), "8")):
        conversation = confirmed(before)
        assert (conversation.last.prompt, conversation.last.promptly) == ("confirm-stop", True)
        for after in (
            MACHINE.stopped(conversation, NOON),
            MACHINE.heard(conversation, "3", NOON),
            MACHINE.heard(conversation, "what?", NOON),
            MACHINE.helped(conversation, NOON),
            MACHINE.woken(conversation, NOON + 3 * DAY) if conversation.stage else conversation,
        ):
            assert after.last == conversation.last
    assert MACHINE.resumed(confirmed(opened()), NOON).sms[-2].state == "dropped"


def test_a_confirmation_leaves_room_for_the_twelve_others() -> None:
    conversation = opened()
    for _ in range(50):
        conversation = MACHINE.helped(sent(sent(confirmed(conversation))), NOON)
        conversation = MACHINE.resumed(conversation, NOON)
    others = [prompt for prompt in said(conversation) if prompt != "confirm-stop"]
    assert len(others) == MACHINE.limits.messages


def test_stop_and_start_without_end_are_not_confirmed_without_end() -> None:
    """The ledger would outgrow its item, and the next STOP be lost."""
    conversation = opened()
    for _ in range(50):
        conversation = MACHINE.resumed(sent(confirmed(conversation)), NOON)
    stopped = confirmed(conversation)
    assert said(stopped).count("confirm-stop") == MACHINE.limits.messages
    assert (stopped.muted, len(stopped.sms)) == (True, 2 * MACHINE.limits.messages)


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


def test_a_claim_is_not_overtaken_by_the_reminder() -> None:
    """Else a question that was held up for a day would come together with its reminder."""
    claimed = opened().with_last(opened().last.claimed(NOON + DAY))
    assert MACHINE.wake_at(claimed) == NOON + DAY + timedelta(seconds=MACHINE.limits.resend_after)
    assert MACHINE.woken(claimed, NOON + DAY) == claimed


def test_the_reminder_comes_a_day_after_the_last_sms() -> None:
    """Else it would follow a HELP, or a question asked again, within minutes."""
    again = MACHINE.heard(sent(opened()), "what?", NOON + timedelta(hours=23))
    again = sent(again, timedelta(hours=23))
    assert MACHINE.wake_at(again) == NOON + timedelta(hours=23) + DAY
    assert MACHINE.woken(again, NOON + DAY) == again


def test_what_still_waits_when_the_conversation_ends_is_dropped() -> None:
    """Else a customer would be asked what nobody listens to any more."""
    ended = MACHINE.woken(opened(), NOON + 3 * DAY)
    assert (ended.stage, ended.last.state, MACHINE.wake_at(ended)) == (None, "dropped", None)


@pytest.mark.parametrize("receipt", ["sent", "delivered", "failed", "blocked"])
def test_news_after_the_end_changes_only_the_ledger(receipt: Receipt) -> None:
    """The end has been announced: that the customer was asked must not be announced after it."""
    claimed = opened().with_last(opened().last.claimed(NOON))
    ended = MACHINE.woken(claimed, NOON + 3 * DAY)
    later = NOON + 4 * DAY
    sms = ended.last.received(receipt, "m0", later)
    assert ended.ending == "undeliverable"
    assert MACHINE.received(ended, 0, sms, later) == ended.with_last(sms)


def test_late_news_of_an_earlier_question_does_not_start_the_time_of_the_open_one() -> None:
    """Else a customer who answered in the evening would be reminded of a question asked in the morning."""
    minute = timedelta(minutes=1)
    asked = opened().with_last(opened().last.claimed(NOON))
    open_ = MACHINE.heard(asked, "3", NOON + minute)  # the reply proves that the first question came
    later = NOON + 2 * minute
    open_ = MACHINE.received(open_, 0, open_.sms[0].received("delivered", "m0", later), later)
    assert (open_.out, open_.since, open_.asked_at) == (False, NOON + minute, NOON + minute)
    assert (sent(open_, DAY).out, sent(open_, DAY).since) == (True, NOON + DAY)


def test_each_question_has_its_own_time() -> None:
    """Else a second question that waits for the morning would have had the night of its time already."""
    second = heard(opened(), "3")
    assert (second.out, sent(second, timedelta(hours=11)).since) == (False, NOON + timedelta(hours=11))


def test_what_was_first_known_of_the_customer_stays() -> None:
    """The events tell when: said again later, they would tell something else."""
    asked = sent(opened())
    answered = MACHINE.heard(asked, "3", NOON + DAY)
    called = MACHINE.heard(answered, "yes", NOON + 2 * DAY)
    assert (called.asked_at, called.answered_at, called.ended_at) == (NOON, NOON + DAY, NOON + 2 * DAY)


def test_only_a_claim_leaves_unknown_if_an_sms_went_out() -> None:
    claimed = opened().with_last(opened().last.claimed(NOON))
    overtaken = MACHINE.heard(claimed, "3", NOON)
    assert [c.unsettled for c in (opened(), claimed, overtaken, sent(claimed))] == [False, True, True, False]


def test_the_time_of_a_question_starts_once() -> None:
    """Else each receipt, and each further SMS, would put the end off."""
    conversation = sent(opened())
    delivered = conversation.last.received("delivered", "m0", NOON + DAY)
    conversation = MACHINE.received(conversation, 0, delivered, NOON + DAY)
    helped = sent(MACHINE.helped(conversation, NOON + DAY), DAY)
    assert (helped.out, helped.since, helped.asked_at) == (True, NOON, NOON)


@pytest.mark.parametrize("state", ["waiting", "claimed", "dropped", "withheld"])
def test_an_event_settles_any_doubt(state: SmsState) -> None:
    conversation = opened()
    conversation = conversation.with_last(replace(conversation.last, state=state))
    settled = sent(conversation)
    assert (settled.last.state, settled.last.message_id, settled.asked_at) == ("sent", "m0", NOON)


def test_what_cannot_be_sent_is_let_go_in_the_end() -> None:
    """A last word that is throttled for ever must not keep the conversation awake for ever."""
    conversation, now = heard(opened(), "8"), NOON
    while (wake_at := MACHINE.wake_at(conversation)) and now < NOON + 9 * DAY:
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


def test_a_call_is_wanted_when_the_customer_says() -> None:
    call = heard(opened(), "3", "yes but call after 5").call
    assert call
    assert call.wished == WishedTime(earliest=17)


def test_what_no_person_wrote_is_no_answer() -> None:
    """Neither a reaction nor an automatic reply: no SMS follows, and it does not count as misunderstood."""
    asked = sent(opened())
    for text in (
        "Liked “Wild Rydes: how was your ride?”",
        "I'm driving with Do Not Disturb While Driving turned on.",
    ):
        assert MACHINE.heard(asked, text, NOON) == asked
