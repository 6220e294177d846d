"""What support puts in the place of a score, and how a rating takes it in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from feedback.domain.conversation import Conversation
from feedback.domain.correction import MOST, Correction, NoScore, TooManyCorrections, corrected
from feedback.domain.rating import next_step
from tests.support.feedback.world import MACHINE, NOON

OPENED = MACHINE.opened(ride_id="r", responder_id="u-1", customer_id="c", correlation_id="rfq", now=NOON)
SCORED = MACHINE.heard(OPENED, "2", NOON)


def correction(score: int | None, minute: int = 1) -> Correction:
    return Correction(score, "misread", "agent", NOON + timedelta(minutes=minute))


def after(*scores: int | None) -> Conversation:
    conversation = SCORED
    for minute, score in enumerate(scores, start=1):
        conversation = corrected(conversation, correction(score, minute))
    return conversation


def test_the_last_correction_counts_and_what_was_given_stays() -> None:
    for scores, in_force in (((), 2), ((7,), 7), ((7, None), None), ((None, 2), 2), ((7, None, 9), 9)):
        conversation = after(*scores)
        assert (conversation.score, conversation.score_in_force) == (2, in_force), scores
        assert conversation.scores == (2, *scores)


def test_a_correction_to_what_is_in_force_already_changes_nothing() -> None:
    for scores, same in (((), 2), ((7,), 7), ((None,), None)):
        conversation = after(*scores)
        later = Correction(same, "disputed", "another-agent", NOON + timedelta(days=1))
        assert corrected(conversation, later) is conversation, (scores, same)


def test_what_was_never_given_is_not_corrected() -> None:
    with pytest.raises(NoScore):
        corrected(OPENED, correction(8))
    assert OPENED.score_in_force is None


def test_a_history_has_an_end() -> None:
    conversation = after(*([7, None] * (MOST // 2)))
    assert corrected(conversation, correction(None)) is conversation
    with pytest.raises(TooManyCorrections):
        corrected(conversation, correction(7))


def test_the_call_that_was_offered_stays_offered() -> None:
    """The customer has read the question: an answer to it is heard, whatever has become of the score."""
    assert after(None).stage == "call"
    called = MACHINE.heard(after(None), "yes", NOON)
    assert (called.call_wanted, called.ending, called.score_in_force) == (True, "answered", None)
    silent = MACHINE.woken(after(None), NOON + timedelta(days=9))
    assert silent.ending == "answered"  # so nobody is told that the customer gave no score


def test_a_rating_takes_in_one_score_after_the_other() -> None:
    conversation = after(7, None, 9)
    steps = []
    while step := next_step(conversation):
        steps.append((step.number, step.score, step.count, step.total, step.at - NOON))
        conversation = replace(conversation, tallied=step.number)
    minutes = [timedelta(minutes=m) for m in range(4)]
    assert steps == [
        (1, 2, 1, 2, minutes[0]),
        (2, 7, 0, 5, minutes[1]),
        (3, None, -1, -7, minutes[2]),
        (4, 9, 1, 9, minutes[3]),
    ]
    assert next_step(OPENED) is None
