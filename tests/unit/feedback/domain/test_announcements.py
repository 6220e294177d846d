"""What a change of a conversation announces: once, and each event of the same id however often."""

from dataclasses import replace
from datetime import timedelta

import pytest

from feedback.domain.announcements import events_of, score_received
from feedback.domain.conversation import Conversation, Ending, Reading
from feedback.domain.rating import RatedScore
from tests.support.feedback.world import MACHINE, NOON
from wild_rydes_contracts import Rating

OPENED = MACHINE.opened(ride_id="r", responder_id="u-1", customer_id="c", correlation_id="rfq", now=NOON)
ASKED = replace(OPENED, asked_at=NOON)
LATER = NOON + timedelta(days=1)


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
        (ended("answered", score=2, call="yes"), ["CallbackRequested"]),
        (ended("no-answer"), ["FeedbackExpired"]),
        (ended("opted-out"), ["FeedbackExpired"]),
        (replace(ended("undeliverable"), asked_at=None), []),
    ],
)
def test_an_end_is_announced_unless_its_score_says_all(after: Conversation, expected: list[str]) -> None:
    assert names(ASKED, after) == expected
    assert names(after, replace(after, called_at=LATER)) == []


def test_what_was_asked_and_ended_in_one_change_is_announced_in_this_order() -> None:
    assert names(OPENED, ended("no-answer")) == ["FeedbackRequested", "FeedbackExpired"]


def test_the_same_change_gives_the_same_events() -> None:
    [one], [other] = (list(events_of(ASKED, ended("no-answer"))) for _ in range(2))
    assert one == other
    assert (one.metadata.occurred_at, one.metadata.correlation_id) == (LATER, "rfq")


def test_a_score_is_announced_with_the_rating_it_led_to() -> None:
    event = score_received(RatedScore("r", "u-1", "c", "rfq", LATER, score=8, count=3, total=23))
    assert event.data.rating == Rating(count=3, total=23)  # type: ignore[attr-defined]
    assert (event.metadata.occurred_at, event.metadata.correlation_id) == (LATER, "rfq")
