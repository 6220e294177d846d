from datetime import timedelta

import pytest

from ride_booking.domain.rfq import (
    MAX_RESPONDERS,
    MAX_UNASKED,
    Answer,
    Completion,
    Counts,
    Decline,
    Quote,
    Responder,
    Response,
    Rfq,
)
from tests.support.ride_booking.world import DEADLINE, NOW, rfq

A, B = Quote(1250, 240), Quote(990, 300)
NO = Decline("too-far")
SOON = NOW + timedelta(seconds=1)


def told(*answers: tuple[str, Answer], asked: set[str] | None = None) -> Response:
    return Response(None if asked is None else frozenset(asked), answers)


def gathered(*responses: Response) -> Rfq:
    return rfq().gather(responses, SOON)


def test_completes_when_everyone_asked_has_answered() -> None:
    found = gathered(told(asked={"a", "b"}), told(("a", A)), told(("b", NO)))

    assert found.completion == Completion("all-answered", SOON)
    assert found.quotes() == [("a", A)]
    assert found.counts() == Counts(asked=2, quoted=1, declined=1, silent=0, late=0)


def test_waits_for_those_who_were_asked_and_are_silent() -> None:
    found = gathered(told(("a", A), asked={"a", "b"}))

    assert found.status == "running"
    assert found.counts() == Counts(asked=2, quoted=1, declined=0, silent=1, late=0)


def test_waits_for_the_word_who_was_asked() -> None:
    assert gathered(told(("a", A))).status == "running"


def test_answers_may_come_before_the_word_who_was_asked() -> None:
    found = gathered(told(("a", A)), told(asked={"a"}))

    assert found.completion == Completion("all-answered", SOON)
    assert found.quotes() == [("a", A)]


def test_when_nobody_was_asked_it_is_over_at_once() -> None:
    found = gathered(told(asked=set()))

    assert found.completion == Completion("all-answered", SOON)
    assert found.quotes() == []


def test_the_first_answer_of_a_responder_stands() -> None:
    found = gathered(told(asked={"a", "b"}), told(("a", A), ("a", B)), told(("a", NO)))

    assert found.responders["a"].answer == A


def test_several_senders_may_have_asked() -> None:
    found = gathered(told(asked={"a", "b"}), told(("a", A), asked={"p"}))

    assert found.counts().asked == 3


def test_answers_of_those_never_asked_are_neither_shown_nor_counted() -> None:
    found = gathered(told(("forged", B)), told(asked={"a", "b"}), told(("a", A), ("f2", B), ("b", NO)))

    assert found.quotes() == [("a", A)]
    assert found.counts() == Counts(asked=2, quoted=1, declined=1, silent=0, late=0)


def test_answers_of_those_never_asked_are_bounded() -> None:
    forged = [told((f"f{i}", A)) for i in range(MAX_UNASKED + 7)]
    found = gathered(*forged)
    assert len(found.responders) == MAX_UNASKED

    assert found.gather([told(("a", B), asked={"a"})], SOON).quotes() == [("a", B)]


def test_a_known_responder_is_not_crowded_out_by_those_never_asked() -> None:
    forged = [told((f"f{i}", A)) for i in range(MAX_UNASKED)]
    found = gathered(told(asked={"a", "b"}), *forged, told(("a", A)), told(("b", A)))

    assert found.counts() == Counts(asked=2, quoted=2, declined=0, silent=0, late=0)


def test_an_rfq_never_has_more_responders_than_its_item_can_hold() -> None:
    crowds = [told(asked={f"r{i}-{j}" for j in range(200)}) for i in range(6)]

    assert len(gathered(*crowds).responders) == MAX_RESPONDERS


def test_closes_at_the_deadline_and_not_before() -> None:
    running = gathered(told(("a", A), asked={"a", "b"}))

    assert running.close(DEADLINE - timedelta(milliseconds=1)) is running
    assert running.close(DEADLINE).completion == Completion("deadline", DEADLINE)


def test_it_was_over_at_the_deadline_however_late_that_is_noticed() -> None:
    assert rfq().close(DEADLINE + timedelta(hours=1)).completion == Completion("deadline", DEADLINE)


def test_an_answer_at_the_deadline_closes_the_rfq_and_is_late() -> None:
    found = gathered(told(asked={"a", "b"})).gather([told(("a", A))], DEADLINE)

    assert found.completion == Completion("deadline", DEADLINE)
    assert found.quotes() == []
    assert found.counts() == Counts(asked=2, quoted=0, declined=0, silent=2, late=1)


def test_late_answers_are_noted_once_for_each_silent_responder() -> None:
    closed = gathered(told(("a", A), asked={"a", "b", "c"})).close(DEADLINE)
    late = closed.gather([told(("b", B)), told(("b", B), ("a", B), ("forged", B))], DEADLINE)

    assert late.counts() == Counts(asked=3, quoted=1, declined=0, silent=2, late=1)
    assert late.quotes() == [("a", A)]
    assert late.gather([told(("b", NO))], DEADLINE) == late


def test_who_was_asked_is_of_no_interest_after_the_close() -> None:
    closed = rfq().close(DEADLINE)

    assert closed.gather([told(("a", A), asked={"a"})], DEADLINE) == closed


def test_cancelling() -> None:
    cancelled = gathered(told(("a", A), asked={"a", "b"})).cancel(SOON)

    assert cancelled.completion == Completion("cancelled", SOON)
    assert cancelled.quotes() == [("a", A)]
    assert cancelled.cancel(DEADLINE) is cancelled
    assert cancelled.close(DEADLINE) is cancelled


def test_cancelling_after_the_deadline_finds_it_closed_by_the_deadline() -> None:
    assert rfq().cancel(DEADLINE).completion == Completion("deadline", DEADLINE)


def test_completion_is_told_to_the_millisecond() -> None:
    at = NOW.replace(microsecond=123_456)

    assert rfq().cancel(at).completion == Completion("cancelled", NOW)
    assert rfq().gather([told(asked=set())], at).completion == Completion("all-answered", NOW)


@pytest.mark.parametrize(
    ("quotes", "order"),
    [
        ({"a": Quote(200, 1), "b": Quote(100, 9)}, ["b", "a"]),
        ({"a": Quote(100, 9), "b": Quote(100, 1)}, ["b", "a"]),
        ({"b": Quote(100, 1), "a": Quote(100, 1)}, ["a", "b"]),
        ({"a": Quote(1, 1, "CHF"), "b": Quote(900, 1), "c": Quote(2, 1, "AUD")}, ["b", "c", "a"]),
    ],
    ids=["cheapest", "then soonest", "then by id", "own currency first"],
)
def test_order_of_quotes(quotes: dict[str, Quote], order: list[str]) -> None:
    responders = {key: Responder(asked=True, answer=quote) for key, quote in quotes.items()}

    assert [key for key, _ in rfq(responders=responders).quotes()] == order
