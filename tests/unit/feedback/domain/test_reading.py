"""What customers write, and what we make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.language import choose, languages
from feedback.domain.reading import Command, command, score, words, yes_or_no

CLEAR = {
    8: [
        *(
            "8",
            " 8 ",
            "8.",
            "8!",
            "8/10",
            "8 / 10",
            "eight",
            "EIGHT",
            "I give it an 8!",
            "8 out of 10",
            "8 de 10",
        ),
        *(
            "ocho",
            "le doy un 8",
            "8, thanks",
            "8👍",
            "8\ufe0f\u20e3",
            "\uff18",
            "“8”",
            "8 - great ride",
            "(8)",
        ),
        *("I am happy, 8", "eight out of ten", "8 out of 10 stars", "8:)", "8\n\nSent from my phone"),
    ],
    10: ["10", "10/10", "ten", "a perfect ten!", "diez"],
    1: ["1", "one", "Not good. 1", "uno"],
}
UNCLEAR = [
    *(
        "999",
        "-3",
        "\u2212 3".replace(" ", ""),
        "8 or 9",
        "8-9",
        "0",
        "11",
        "8.5",
        "8,5",
        "½",
        "8½",
        "",
        "...",
        "good",
    ),
    *(
        "8th",
        "1st",
        "v8",
        "one or 2",
        "9 minutes late",
        "not an 8",
        "less than 5",
        "5 stars",
        "8/9",
        "8/10 or 9/10",
    ),
    *("-8/10", "at least 7", "9" * 1600, "9am", "9 am", "7 estrellas", "menos de 5", "80%", "3 people"),
]


@pytest.mark.parametrize(
    ("meant", "text"), [(meant, text) for meant, texts in CLEAR.items() for text in texts]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_clear_score_is_understood_in_every_language(meant: int, text: str, language: str) -> None:
    assert score(text, language) == meant


@pytest.mark.parametrize("text", UNCLEAR)
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_not_clearly_one_whole_number_is_no_score(text: str, language: str) -> None:
    assert score(text, language) is None


@given(st.integers(-99, 999), st.sampled_from(["{}", " {}", "{}!", "I'd say {}.", "un {} claro", "{}/10"]))
def test_a_number_is_a_score_from_one_to_ten_alone(number: int, template: str) -> None:
    assert score(template.format(number), "en") == (number if 1 <= number <= 10 else None)


@given(st.integers(1, 10), st.integers(1, 10), st.sampled_from([" ", " or ", ", ", " o ", " to "]))
def test_two_different_numbers_are_no_score(one: int, other: int, between: str) -> None:
    assert (score(f"{one}{between}{other}", "en") is None) == (one != other)


@pytest.mark.parametrize(
    ("meant", "texts"),
    [
        (
            "yes",
            [
                "yes",
                "YES!",
                "y",
                "yes please",
                "Sure",
                "ok",
                "no problem",
                "why not",
                "Sí",
                "si",
                "claro",
                "👍🏽",
            ],
        ),
        (
            "no",
            [
                "no",
                "No.",
                "n",
                "nope",
                "no thanks",
                "don\u2019t call me",
                "not now",
                "claro que no",
                "no gracias",
                "👎",
            ],
        ),
        (None, ["maybe", "yes no", "", "8", "later?", "si no"]),
    ],
)
def test_yes_and_no_are_understood_in_every_language(meant: str | None, texts: list[str]) -> None:
    for language in languages():
        assert [yes_or_no(text, language) for text in texts] == [meant] * len(texts)


@pytest.mark.parametrize(
    ("meant", "texts"),
    [
        (
            Command.STOP,
            [
                *(
                    "STOP",
                    "stop",
                    " Stop. ",
                    "\uff33\uff34\uff2f\uff30",
                    "STOP!!!",
                    "stop texting me",
                    "please stop",
                ),
                *(
                    "UNSUBSCRIBE",
                    "cancel",
                    "END",
                    "quit",
                    "ALTO",
                    "alto por favor",
                    "baja",
                    "no más",
                    "CANCELAR",
                ),
                *("Please don't text me again", "parar"),
            ],
        ),
        (Command.HELP, ["HELP", "help!", "info", "AYUDA", "ayuda", "información"]),
        (Command.START, ["START", "start", "unstop", "INICIAR"]),
        (
            None,
            ["the unicorn did not stop, 3", "END of the ride was great, 9", "8", "helpful", "", "restart"],
        ),
    ],
)
def test_commands_are_whole_messages_in_any_language(meant: Command | None, texts: list[str]) -> None:
    assert {text: command(text) for text in texts} == dict.fromkeys(texts, meant)


@given(st.text(max_size=200), st.sampled_from(["en", "es", "xx"]))
def test_no_text_is_too_odd(text: str, language: str) -> None:
    number = score(text, language)
    assert number is None or 1 <= number <= 10
    assert yes_or_no(text, language) in ("yes", "no", None)
    assert command(text) in (*Command, None)


@given(st.text(max_size=50))
def test_words_are_stable(text: str) -> None:
    assert words(words(text)) == words(text)


@pytest.mark.parametrize(
    ("locale", "region", "code"),
    [
        ("es-MX", "US", "es"),
        ("es_ES", None, "es"),
        ("en", "MX", "en"),
        (None, "MX", "es"),
        (None, "US", "en"),
        ("de-DE", "ES", "es"),
        (None, None, "en"),
        ("", "JP", "en"),
    ],
)
def test_the_language_is_the_customers_or_the_numbers(
    locale: str | None, region: str | None, code: str
) -> None:
    assert choose(locale, region) == code
