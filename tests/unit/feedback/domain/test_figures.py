"""What a conversation adds to the figures: each thing once, and what is taken back is taken off again."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from feedback.domain.callback import Callback, CallOutcome
from feedback.domain.conversation import Conversation, Ending
from feedback.domain.correction import Correction, corrected
from feedback.domain.figures import figures, gained
from feedback.domain.send_ledger import Sms, SmsState
from tests.support.feedback.world import MACHINE, NOON

OPENED = MACHINE.opened(ride_id="r", responder_id="u-1", customer_id="c", correlation_id="rfq", now=NOON)
ASKED = replace(OPENED, asked_at=NOON)
NOBODY: dict[str, int] = {}


def with_sms(*states: SmsState, parts: int | None = None, price: int | None = None) -> Conversation:
    new = Sms.new("ask-score", NOON, timedelta(minutes=5))
    sms = (replace(new, state=state, parts=parts, price=price) for state in states)
    return replace(ASKED, sms=tuple(sms))


def test_who_was_not_asked_does_not_count() -> None:
    ended = replace(with_sms("sent", price=9), asked_at=None, muted=True, ending="opted-out", stage=None)
    assert figures(ended) == NOBODY
    assert gained(None, OPENED) == NOBODY


def test_an_sms_counts_as_sent_once_whatever_becomes_of_it() -> None:
    states: tuple[SmsState, ...] = ("waiting", "claimed", "sent", "delivered", "failed", "blocked", "refused")
    found = figures(with_sms(*states))
    assert [found[name] for name in ("SmsSent", "SmsDelivered", "SmsFailed", "SmsBlocked")] == [4, 1, 1, 1]
    assert found["SmsUndelivered"] == 2
    assert gained(with_sms("sent"), with_sms("delivered")) == {"SmsDelivered": 1}
    assert gained(with_sms("claimed"), with_sms("delivered")) == {"SmsSent": 1, "SmsDelivered": 1}


def test_parts_and_prices_of_all_sms_are_added_up() -> None:
    found = figures(with_sms("sent", "delivered", "waiting", parts=2, price=17_620))
    assert (found["SmsParts"], found["SmsMicrodollars"]) == (6, 52_860)
    assert gained(with_sms("sent"), with_sms("sent", parts=1, price=8_810)) == {
        "SmsParts": 1,
        "SmsMicrodollars": 8_810,
    }


def test_a_score_counts_by_its_number_and_a_voided_one_no_more() -> None:
    scored = replace(ASKED, answers={"score": 9})
    assert gained(ASKED, scored) == {"Score9": 1}
    for score, taken in ((None, {"Score9": -1}), (3, {"Score9": -1, "Score3": 1})):
        assert gained(scored, corrected(scored, Correction(score, "misread", "a", NOON))) == taken


def test_a_stop_counts_until_a_start() -> None:
    muted = replace(ASKED, muted=True)
    assert gained(ASKED, muted) == {"OptOuts": 1}
    assert gained(muted, ASKED) == {"OptOuts": -1}


def test_each_ending_has_a_figure() -> None:
    endings: dict[Ending, str] = {
        "answered": "EndedAnswered",
        "no-answer": "EndedNoAnswer",
        "not-understood": "EndedNotUnderstood",
        "opted-out": "EndedOptedOut",
        "undeliverable": "EndedUndeliverable",
    }
    for ending, name in endings.items():
        assert gained(ASKED, replace(ASKED, ending=ending, stage=None)) == {name: 1}


def test_a_call_counts_as_claimed_while_an_agent_has_it_and_by_its_outcome() -> None:
    wanted = replace(ASKED, call=Callback(NOON))
    claimed = replace(ASKED, call=Callback(NOON, claimed_by="ann", claimed_until=NOON))
    assert gained(ASKED, wanted) == {}
    assert gained(wanted, claimed) == {"CallsClaimed": 1}
    assert gained(claimed, wanted) == {"CallsClaimed": -1}
    outcomes: dict[CallOutcome, str] = {
        "reached": "CallReached",
        "not-reached": "CallNotReached",
        "wrong-number": "CallWrongNumber",
        "not-wanted": "CallNotWanted",
    }
    for outcome, name in outcomes.items():
        done = Callback(NOON, claimed_by="ann", outcome=outcome, closed_at=NOON)
        assert gained(claimed, replace(ASKED, call=done)) == {name: 1}


def test_the_changes_of_a_history_add_up_to_its_end() -> None:
    history = [None, OPENED, with_sms("sent"), with_sms("delivered", parts=1, price=5), ASKED, OPENED]
    history += [replace(with_sms("delivered", "blocked"), answers={"score": 2}, muted=True)]
    total: Counter[str] = Counter()
    for before, after in pairwise(history):
        assert after
        total.update(gained(before, after))
    assert +total == +figures(history[-1])
