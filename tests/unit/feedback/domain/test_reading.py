"""What customers write, and what we make of it: the rules, whatever the words. `test_reading_replies` has the words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedback.domain.language import languages
from feedback.domain.reading.normalise import plain, tokens
from feedback.domain.reading.patterns import patterns
from feedback.domain.reading.reply import Meaning, Question, read

QUESTIONS: tuple[Question | None, ...] = ("score", "yes-no", None)
NUMBER_WORDS = {word for spoken in patterns().values() for word in spoken.numbers}
SNIPPETS = [
    *(
        "8",
        "10",
        "8/10",
        "3",
        "eight",
        "one",
        "ocho",
        "uno",
        "½",
        "²",
        "#",
        "-",
        "+",
        "%",
        "$",
        ",",
        ".",
        ":",
        "!",
        "?",
        "\n",
    ),
    *(
        "not",
        "a",
        "an",
        "the",
        "min",
        "late",
        "great",
        "ride",
        "driver",
        "stop",
        "please",
        "texting",
        "me",
        "yes",
        "no",
        "call",
    ),
    *(
        "but",
        "wait",
        "or",
        "maybe",
        "he",
        "don't",
        "alto",
        "baja",
        "sí",
        "👍",
        "👎",
        "“",
        "”",
        ">",
        "Wild Rydes:",
        "thanks",
    ),
]
"""What replies are made of: any row of these may come, and reaches more than any text would."""
SOUPS = st.lists(st.sampled_from(SNIPPETS), max_size=9).map(" ".join)


def score(text: str, language: str = "en") -> Meaning:
    return read(text, "score", language)


@given(
    st.one_of(st.text(max_size=200), SOUPS), st.sampled_from(QUESTIONS), st.sampled_from([*languages(), "xx"])
)
def test_every_text_has_one_of_the_meanings(text: str, question: Question | None, language: str) -> None:
    found = read(text, question, language)
    commands = {"ask", "ignore", "stop", "start", "help"}
    answers: dict[Question | None, set[Meaning]] = {
        "score": {*range(1, 11)},
        "yes-no": {"yes", "no"},
        None: set(),
    }
    assert found in commands | answers[question]


@given(st.one_of(st.text(max_size=80), SOUPS))
def test_a_score_stands_in_the_text(text: str) -> None:
    """No text without a number gives a score, and none gives another number than one that it has."""
    found = score(text)
    if isinstance(found, int):
        spoken = patterns()
        said = {spoken[code].numbers.get(word) for code in ("en", "es") for word in tokens(text)}
        assert found in said | {int(number) for number in re.findall(r"\d+", plain(text))}


@given(SOUPS.filter(lambda text: text.strip()), st.sampled_from(QUESTIONS))
@example("“ Wild Rydes: 8", "score")
def test_case_and_spaces_around_change_nothing(text: str, question: Question | None) -> None:
    meaning = read(text, question, "en")
    for same in (text.upper(), text.capitalize(), f"  {text} ", f"\n{text}\n", text.replace(" ", "  ")):
        assert read(same, question, "en") == meaning, same


@given(
    st.integers(-99, 999),
    st.sampled_from(["{}", " {}", "{}!", "I'd say {}.", "a clear {}", "{}/10", "Late, {}"]),
)
def test_a_number_is_a_score_from_one_to_ten_alone(number: int, template: str) -> None:
    assert score(template.format(number)) == (number if 1 <= number <= 10 else "ask")


@given(
    st.integers(1, 10),
    st.integers(1, 10),
    st.sampled_from([" ", " or ", ", ", " o ", " to ", ". ", "/10 or "]),
)
def test_two_different_numbers_are_no_score(one: int, other: int, between: str) -> None:
    if one != other:
        assert score(f"{one}{between}{other}") == "ask"


@given(
    st.sampled_from("8৮٨\uff18\U0001d7d6"),
    st.sampled_from(["{}", "{}\ufe0f\u20e3", "“{}”", "({})", "*{}*", "{}\u200d", "\u202e{}", "{} 😀"]),
)
def test_a_digit_of_any_script_and_dress_is_a_digit(digit: str, dress: str) -> None:
    assert score(dress.format(digit)) == 8


@pytest.mark.parametrize(
    "odd",
    ["8²", "⁸", "⑧", "Ⅷ", "8½", "८.५", "08:00", "8e1", "0x8", "8th", "8%", "£8", "8⭐", "-8", "8-9", "8.0"],
)
def test_what_only_looks_like_a_whole_number_is_no_score(odd: str) -> None:
    assert score(odd) == "ask"
    assert score(f"I give it {odd}") == "ask"


@pytest.mark.parametrize(
    ("text", "language", "meaning"),
    [
        ("y", "en", "yes"),
        ("y", "es", "ask"),  # "and"
        ("s", "es", "yes"),
        ("s", "en", "ask"),
        ("si", "en", "yes"),  # a word that English has borrowed
    ],
)
def test_yes_and_no_are_words_of_the_conversations_language(text: str, language: str, meaning: str) -> None:
    assert read(text, "yes-no", language) == meaning


def test_commands_are_understood_in_every_language_whatever_was_asked() -> None:
    for language in languages():
        for question in QUESTIONS:
            said = {
                word: read(word, question, language)
                for word in ("STOP", "ALTO", "START", "alta", "help", "ayuda")
            }
            assert list(said.values()) == ["stop", "stop", "start", "start", "help", "help"], (
                language,
                question,
            )


@pytest.mark.parametrize("code", languages())
def test_our_own_words_are_no_answer(code: str) -> None:
    """However a phone quotes or cuts them; the answer beside them is one."""
    for name in ("ask-score", "ask-call", "remind-score"):
        ours = languages()[code].text(name, contact="x")
        for question in ("score", "yes-no"):
            for quote in (
                ours,
                f"“{ours}”",
                f"> {ours}",
                f"> {ours[:40]}…",
                f"Liked “{ours}”",
                f"👍 to “{ours[:30]}…”",
            ):
                assert read(quote, question, code) == "ignore", quote
        for quote in (f"{ours}\n8", f"> {ours}\n8", f"“{ours[:40]}…” 8", f"> {ours}\\n8"):
            assert read(quote, "score", code) == 8, quote
