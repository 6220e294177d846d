from datetime import timedelta
from itertools import product

from feedback.domain.consent import Consent
from feedback.domain.number import Heard, NumberStanding, OptOut
from tests.support.feedback.world import NOON

SECOND = timedelta(seconds=1)


def test_the_last_word_counts_in_whatever_order_they_arrive() -> None:
    """All orders of up to four words. Of a STOP and a START of the same instant, the STOP counts."""
    words = [(second, word) for second in range(3) for word in ("start", "stop")]
    for order in product(words, repeat=4):
        number = NumberStanding("key")
        for second, word in order:
            number = (number.stopped if word == "stop" else number.started)(NOON + second * SECOND)
        last = max(order)
        assert (number.opted_out, number.decided_at) == (last[1] == "stop", NOON + last[0] * SECOND), order


def test_a_repetition_is_the_same_text_about_the_same_ride_within_seconds() -> None:
    number = NumberStanding("key").noted(Heard("eight", "a", NOON))
    assert number.repeats(Heard("eight", "a", NOON + 10 * SECOND), certain=True)
    assert number.repeats(Heard("eight", "b", NOON - 10 * SECOND), certain=False)
    assert not number.repeats(Heard("eight", "b", NOON), certain=True)
    assert not number.repeats(Heard("nine", "a", NOON), certain=True)
    assert not number.repeats(Heard("eight", "a", NOON + 11 * SECOND), certain=True)
    assert not number.repeats(Heard("eight", "a", NOON - 11 * SECOND), certain=True)


def test_the_same_word_is_said_twice_if_it_answers_two_of_our_sms() -> None:
    """A carrier's copy answers the same SMS, or seems to answer the next question, which it does not fit."""
    for earlier, stage, answers_id, fits, twice in (
        ("sms-1", "score", "sms-1", True, False),
        ("sms-1", "score", "sms-2", False, True),
        ("sms-1", "score", None, True, False),
        (None, "score", "sms-1", True, False),
        (None, "score", None, True, False),
        ("sms-1", "call", "sms-2", True, True),
        ("sms-1", "call", "sms-2", False, False),
        ("sms-1", "call", "sms-1", True, False),
        ("sms-1", "call", None, True, True),
        (None, "call", None, True, True),
        (None, "call", None, False, False),
        ("sms-1", None, "sms-1", False, False),
    ):
        number = NumberStanding("key").noted(Heard("no", "a", NOON, "score", earlier))
        message = Heard("no", "a", NOON + SECOND, stage, answers_id)
        for certain in (True, False):
            assert number.repeats(message, certain=certain, answers=fits) != twice, (earlier, message, fits)


def test_a_repetition_may_come_after_other_messages_and_the_oldest_is_forgotten() -> None:
    number = NumberStanding("key").noted(Heard("eight", "a", NOON))
    for n in range(19):
        number = number.noted(Heard(f"other {n}", "a", NOON))
    assert number.repeats(Heard("eight", "a", NOON), certain=True)
    number = number.noted(Heard("one more", "a", NOON))
    assert len(number.heard) == 20
    assert not number.repeats(Heard("eight", "a", NOON), certain=True)


def test_the_newest_conversation_held_from_our_number_comes_first() -> None:
    number = NumberStanding("key").asked("a", "+1").asked("b", "+2").asked("c", "+1").asked("a", "+1")
    assert list(number.held_from("+1")) == ["c", "a"]


def test_ten_conversations_are_remembered_the_newest() -> None:
    number = NumberStanding("key")
    for n in range(12):
        number = number.asked(f"ride-{n}", "+1")
    assert list(number.held_from("+1")) == [f"ride-{n}" for n in range(11, 1, -1)]


def test_an_opt_out_keeps_its_origin_and_a_start_is_a_fresh_consent() -> None:
    agreed = Consent(NOON - 9 * SECOND, "app", "customer")
    number = NumberStanding("key").texted("c", agreed).texted("c", None)
    assert (number.consent, number.customer_id) == (agreed, "c")
    number = number.stopped(NOON, "support", "agent-7").stopped(NOON + SECOND)
    assert number.opt_out == OptOut(NOON, "support", "agent-7")
    number = number.started(NOON + 2 * SECOND)
    assert (number.opt_out, number.consent) == (None, Consent(NOON + 2 * SECOND, "sms", "customer"))
    assert number.texted("c", agreed).consent == number.consent, "an older one is no news"
