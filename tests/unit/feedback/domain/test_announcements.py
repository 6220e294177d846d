"""What a change of a conversation announces: once, and each event of the same id however often."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from feedback.domain.announcements import events_of, score_rated
from feedback.domain.callback import Callback
from feedback.domain.conversation import Conversation, Ending
from feedback.domain.flow import Reading
from feedback.domain.rating import RatedScore
from tests.support.feedback.world import MACHINE, NOON
from wild_rydes_contracts import CallbackDone, FeedbackCorrected, FeedbackReceived, Rating

OPENED = MACHINE.opened(ride_id="r", responder_id="u-1", customer_id="c", correlation_id="rfq", now=NOON)
ASKED = replace(OPENED, asked_at=NOON)
LATER = NOON + timedelta(days=1)
RATED = RatedScore("r", "u-1", "c", "rfq", number=1, score=8, at=LATER, count=3, total=23, revision=5)
ABOUT: dict[str, Any] = {"ride_id": "r", "responder_id": "u-1", "customer_id": "c"}


def ended(ending: Ending, **answers: Reading) -> Conversation:
    return replace(ASKED, stage=None, ended_at=LATER, ending=ending, answers=answers)


def names(before: Conversation | None, after: Conversation) -> list[str]:
    return [event.data.name for event in events_of(before, after)]


def test_a_conversation_is_announced_when_its_customer_is_known_to_be_asked() -> None:
    assert names(None, OPENED) == []
    assert names(OPENED, ASKED) == ["FeedbackRequested"]
    assert names(ASKED, replace(ASKED, muted=True)) == []


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ended("answered", score=8), []),
        (ended("answered", score=2, call="no"), []),
        (replace(ended("answered", score=2, call="yes"), call=Callback(LATER)), ["CallbackRequested"]),
        (ended("no-answer"), ["FeedbackExpired"]),
        (ended("opted-out"), ["FeedbackExpired"]),
        (replace(ended("undeliverable"), asked_at=None), []),
    ],
)
def test_an_end_is_announced_unless_its_score_says_all(after: Conversation, expected: list[str]) -> None:
    assert names(ASKED, after) == expected
    assert names(after, replace(after, muted=True)) == []


def test_a_call_is_announced_when_it_is_closed_and_not_when_it_is_claimed_or_left() -> None:
    """Nor is who has called."""
    call = Callback(LATER)
    claimed = call.claimed("agent", LATER, timedelta(minutes=30))
    closed = claimed.closed("agent", "not-reached", LATER + timedelta(minutes=1))
    steps = [
        replace(ended("answered", score=2, call="yes"), call=step)
        for step in (call, claimed, claimed.released("agent", LATER), claimed, closed, closed)
    ]
    told = [events_of(before, after) for before, after in pairwise(steps)]
    [event] = [event for events in told for event in events]
    assert event.data == CallbackDone(
        ride_id="r",
        responder_id="u-1",
        customer_id="c",
        outcome="not-reached",
        done_at=LATER + timedelta(minutes=1),
    )
    assert (event.metadata.occurred_at, event.metadata.correlation_id) == (event.data.done_at, "rfq")


def test_a_call_that_was_closed_before_there_were_outcomes_is_not_announced() -> None:
    before = replace(ended("answered", score=2, call="yes"), call=Callback(LATER))
    assert names(before, replace(before, call=Callback(LATER, closed_at=LATER))) == []


def test_what_was_asked_and_ended_in_one_change_is_announced_in_this_order() -> None:
    assert names(OPENED, ended("no-answer")) == ["FeedbackRequested", "FeedbackExpired"]


def test_the_same_change_gives_the_same_events() -> None:
    [one], [other] = (list(events_of(ASKED, ended("no-answer"))) for _ in range(2))
    assert one == other
    assert (one.metadata.occurred_at, one.metadata.correlation_id) == (LATER, "rfq")


def test_a_score_is_announced_with_the_rating_it_led_to() -> None:
    event = score_rated(RATED)
    assert event.data == FeedbackReceived(
        **ABOUT, score=8, rating=Rating(count=3, total=23), rating_revision=5, received_at=LATER
    )
    assert (event.metadata.occurred_at, event.metadata.correlation_id) == (LATER, "rfq")


def test_a_correction_is_announced_with_the_rating_that_is_left() -> None:
    again = replace(RATED, number=2, score=3)
    event = score_rated(again)
    assert event.data == FeedbackCorrected(
        **ABOUT, score=3, rating=Rating(count=3, total=23), rating_revision=5, corrected_at=LATER
    )
    void = score_rated(replace(RATED, number=3, score=None, count=0, total=0))
    assert void.data == FeedbackCorrected(**ABOUT, rating_revision=5, corrected_at=LATER)
    assert event == score_rated(again)
    at_once = [RATED, again, replace(RATED, number=3), replace(again, ride_id="of-the-same-rfq")]
    assert len({score_rated(rated).metadata.event_id for rated in at_once}) == len(at_once)
