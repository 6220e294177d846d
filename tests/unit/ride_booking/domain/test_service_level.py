from datetime import timedelta

import pytest

from ride_booking.domain.rfq import Answer, Decline, Quote, Response, Rfq
from ride_booking.domain.service_level import COMPLETED_WITHIN, FIRST_QUOTE_WITHIN, Outcome, outcome
from tests.support.ride_booking.world import DEADLINE, NOW, rfq

SECOND = timedelta(seconds=1)
QUOTE, DECLINE = Quote(1250, 240), Decline("too-far")


def asked(*responders: str) -> Rfq:
    return rfq().gather([Response(asked=frozenset(responders))], NOW)


def answered(found: Rfq, after: timedelta, responder: str, answer: Answer) -> Rfq:
    return found.gather([Response(answers=((responder, answer),))], NOW + after)


def judged(found: Rfq, late_by: timedelta = timedelta()) -> Outcome:
    went = outcome(found.close(DEADLINE), DEADLINE + late_by)
    assert went
    return went


def test_an_rfq_that_runs_is_not_judged() -> None:
    assert outcome(asked("u-a"), NOW) is None


def test_the_first_and_the_last_quote_that_the_customer_sees_are_timed() -> None:
    found = answered(asked("u-a", "u-b", "u-c"), SECOND, "u-a", DECLINE)
    found = answered(found, 2 * SECOND, "stranger", QUOTE)
    found = answered(found, 3 * SECOND, "u-b", QUOTE)
    found = answered(found, 3.5 * SECOND, "u-b", QUOTE)
    found = answered(found, 4 * SECOND, "u-c", QUOTE)
    went = judged(found)
    assert (went.first_quote_ms, went.last_quote_ms, went.took_ms) == (3000, 4000, 4000)


def test_a_quote_that_was_there_before_it_was_known_who_was_asked_counts_from_then_on() -> None:
    found = answered(rfq(), SECOND, "u-a", QUOTE)
    found = found.gather([Response(asked=frozenset(["u-a", "u-b"]))], NOW + 2 * SECOND)
    assert judged(found).first_quote_ms == 2000


def test_one_without_a_quote_took_until_its_deadline() -> None:
    went = judged(asked("u-a"))
    assert (went.first_quote_ms, went.last_quote_ms) == (None, None)
    assert went.took_ms == (DEADLINE - rfq().created_at) / timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("late_by", "late"), [(-SECOND, False), (COMPLETED_WITHIN, False), (COMPLETED_WITHIN + SECOND, True)]
)
def test_it_is_late_if_it_is_announced_long_after_its_deadline(late_by: timedelta, *, late: bool) -> None:
    assert judged(asked("u-a"), late_by).late is late


@pytest.mark.parametrize(
    ("after", "missed"), [(FIRST_QUOTE_WITHIN, False), (FIRST_QUOTE_WITHIN + SECOND, True)]
)
def test_the_first_quote_is_missed_if_it_comes_too_late(after: timedelta, *, missed: bool) -> None:
    went = judged(answered(asked("u-a", "u-b"), after, "u-a", QUOTE))
    assert (went.quote_due, went.quote_missed) == (True, missed)


def test_no_quote_is_missed_where_somebody_stayed_silent_and_not_where_all_declined() -> None:
    silent = judged(answered(asked("u-a", "u-b"), SECOND, "u-a", DECLINE))
    assert (silent.quote_due, silent.quote_missed) == (True, True)
    declined = judged(answered(asked("u-a"), SECOND, "u-a", DECLINE))
    assert (declined.quote_due, declined.quote_missed) == (True, False)


def test_no_quote_is_due_where_nobody_was_asked_or_the_customer_has_cancelled() -> None:
    nobody = rfq().gather([Response(asked=frozenset())], NOW)
    cancelled = asked("u-a").cancel(NOW + SECOND)
    for found in (nobody, cancelled):
        went = judged(found)
        assert (went.quote_due, went.quote_missed) == (False, False)


def test_clocks_that_differ_make_no_negative_times() -> None:
    found = answered(asked("u-a"), -SECOND, "u-a", QUOTE)
    assert judged(found).first_quote_ms == 0
