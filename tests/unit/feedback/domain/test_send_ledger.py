"""The fate of one SMS: what its sender, its receipts and the timers may still change."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from feedback.domain.send_ledger import NIGHT, Receipt, Sms, SmsState
from tests.support.feedback.world import NOON

MINUTE = timedelta(minutes=1)
LATER = NOON + MINUTE
NEW = Sms.new("ask-score", NOON, look_again_after=5 * MINUTE)
FINAL: list[Receipt] = ["delivered", "failed", "blocked"]
STATES: list[SmsState] = [
    "waiting",
    "claimed",
    "sent",
    "delivered",
    "failed",
    "blocked",
    "refused",
    "withheld",
    "dropped",
]


def test_only_what_waits_is_due_and_not_before_its_time() -> None:
    """Else two senders would claim one SMS, or one sender postpone it for ever."""
    assert [state for state in STATES if replace(NEW, state=state).due(NOON)] == ["waiting"]
    postponed = NEW.postponed(LATER, NOON, "night")
    assert not postponed.due(LATER - timedelta(seconds=1))
    assert postponed.due(LATER)
    assert (postponed.reason, postponed.claimed(LATER).reason) == ("night", None), "the night is over"


def test_what_was_due_when_it_was_written_is_due_by_a_clock_that_is_behind_too() -> None:
    """Else it would wait until the timers look after it."""
    behind = NOON - timedelta(seconds=1)
    assert NEW.due(behind)
    assert NEW.looked_after(NOON, 5 * MINUTE).due(behind)
    assert not Sms.planned("ask-score", LATER, NOON).due(behind)
    assert not NEW.postponed(LATER, NOON, NIGHT).due(LATER - timedelta(seconds=1))
    postponed = NEW.postponed(LATER, NOON, NIGHT).looked_after(LATER, 5 * MINUTE)
    assert postponed.due(LATER - timedelta(seconds=1))


def test_the_night_of_the_recipient_does_not_count_as_waiting_and_what_we_put_off_does() -> None:
    assert NEW.waited(LATER) == MINUTE
    assert NEW.postponed(LATER, NOON, NIGHT).waited(LATER + MINUTE) == MINUTE
    assert NEW.postponed(LATER, NOON, "ThrottlingException").waited(LATER + MINUTE) == 2 * MINUTE
    assert Sms.planned("reminder", LATER, NOON).waited(LATER) == timedelta()


def test_what_waits_or_is_claimed_may_still_have_to_be_sent() -> None:
    assert [state for state in STATES if replace(NEW, state=state).outstanding] == ["waiting", "claimed"]


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", ["sent", *FINAL])
def test_the_first_final_receipt_stands(first: Receipt, second: Receipt) -> None:
    """Receipts overtake each other: a late "sent" must not take back that it was delivered."""
    sms = NEW.claimed(NOON).received(first, "m", NOON, "TEXT_BLOCKED")
    assert sms.received(second, "another", LATER, "TEXT_UNREACHABLE") == sms


def test_that_it_was_sent_is_news_once() -> None:
    """Each receipt on the way says so, and changes nothing: neither the time of the news nor the table."""
    sms = NEW.claimed(NOON).received("sent", "m", NOON)
    assert sms.received("sent", "m", LATER) == sms


@pytest.mark.parametrize("receipt", FINAL)
def test_of_an_sms_sent_twice_the_first_message_id_counts(receipt: Receipt) -> None:
    sms = NEW.claimed(NOON).received("sent", "first", NOON).received(receipt, "second", LATER)
    assert (sms.state, sms.message_id, sms.at) == (receipt, "first", LATER)


@pytest.mark.parametrize("state", ["waiting", "claimed", "refused", "withheld", "dropped"])
@pytest.mark.parametrize("receipt", ["sent", *FINAL])
def test_a_receipt_is_proof_whatever_we_thought_before(state: SmsState, receipt: Receipt) -> None:
    sms = replace(NEW, state=state).received(receipt, "m", LATER)
    assert (sms.state, sms.message_id, sms.at) == (receipt, "m", LATER)


@pytest.mark.parametrize("ending", ["refused", "withheld", "dropped"])
def test_what_is_never_sent_says_since_when_and_why(
    ending: Literal["refused", "withheld", "dropped"],
) -> None:
    ended = NEW.ended(ending, LATER, "no-number")
    assert (ended.state, ended.at, ended.reason) == (ending, LATER, "no-number")


def test_the_timers_look_after_it_ever_more_rarely_but_never_give_up() -> None:
    sms, pauses = NEW, []
    for _ in range(7):
        sms = sms.looked_after(LATER, look_again_after=5 * MINUTE)
        assert sms.due(LATER)
        pauses.append((sms.look_at - LATER) // MINUTE)
    assert pauses == [5, 10, 20, 40, 80, 80, 80]
    assert sms.tries == 7


def test_the_timers_look_after_what_waits_and_after_a_claim_from_when_it_was_made() -> None:
    resend_after = 15 * MINUTE
    looks = {state: replace(NEW, state=state, at=LATER).next_look(resend_after) for state in STATES}
    assert looks == dict.fromkeys(STATES) | {"waiting": NEW.look_at, "claimed": LATER + resend_after}
    assert NEW.postponed(LATER, NOON, "night").next_look(resend_after) == LATER


def test_bills_of_one_sms_are_kept_not_added_and_the_highest_counts_in_any_order() -> None:
    """AWS repeats the whole bill in each event, and the first event may not know it yet."""
    bills = [(None, None), (1, 0), (2, 17_620), (2, 17_620), (None, 500)]
    for order in (bills, bills[::-1]):
        sms = NEW
        for parts, price in order:
            sms = sms.billed(parts, price)
        assert (sms.parts, sms.price) == (2, 17_620), order
    assert NEW.billed(None, None) == NEW
