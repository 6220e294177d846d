from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.number import Heard, NumberStanding
from tests.support.feedback.world import NOON

SECOND = timedelta(seconds=1)


@given(st.lists(st.tuples(st.sampled_from(["stop", "start"]), st.integers(0, 5)), max_size=8), st.randoms())
def test_the_last_word_counts_in_whatever_order_they_arrive(
    words: list[tuple[str, int]], random: st.DataObject
) -> None:
    def after(order: list[tuple[str, int]]) -> bool:
        number = NumberStanding("key")
        for word, at in order:
            number = (number.stopped if word == "stop" else number.started)(NOON + at * SECOND)
        return number.opted_out

    shuffled = words.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    # Of a STOP and a START of the same instant, the STOP counts.
    last = max(words, key=lambda word: (word[1], word[0] == "stop"), default=("start", 0))
    assert after(shuffled) == (last[0] == "stop")


def test_a_repetition_is_the_same_text_about_the_same_ride_within_seconds() -> None:
    number = NumberStanding("key").noted(Heard("eight", "a", NOON))
    assert number.repeats(Heard("eight", "a", NOON + 10 * SECOND), certain=True)
    assert number.repeats(Heard("eight", "b", NOON - 10 * SECOND), certain=False)
    assert not number.repeats(Heard("eight", "b", NOON), certain=True)
    assert not number.repeats(Heard("nine", "a", NOON), certain=True)
    assert not number.repeats(Heard("eight", "a", NOON + 11 * SECOND), certain=True)


def test_the_newest_conversation_held_from_our_number_comes_first() -> None:
    number = NumberStanding("key").asked("a", "+1").asked("b", "+2").asked("c", "+1").asked("a", "+1")
    assert list(number.held_from("+1")) == ["c", "a"]
