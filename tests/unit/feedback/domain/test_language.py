"""The data files: whole, consistent, and each prompt one SMS."""

import re
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.flow import flow
from feedback.domain.language import choose, languages
from feedback.domain.reading.patterns import patterns
from feedback.domain.reading.reply import Question, read
from feedback.domain.sms_parts import sms_size

STAGES = flow().stages
PROMPTS = {
    flow().gives_up,
    flow().helps_after,
    *(p for s in STAGES.values() for p in (s.asks, s.asks_again, s.reminds, s.helps)),
    *(outcome.says for stage in STAGES.values() for outcome in stage.outcomes if outcome.says),
    flow().confirms_stop,
    flow().confirms_start,
}
CONTACT = "x" * 30
"""The longest that infra/stage.py lets through."""


README = Path(__file__).parents[4] / "services/feedback/README.md"

UCS_2 = {"pt": {"thank", "respect-no"}}
"""Texts with letters that GSM-7 lacks. In 70 characters each is still one part, as the others in 160."""

TOLD: dict[str, set[str]] = {
    "ask-score": {"stop", "help"},
    "ask-score-again": {"stop"},
    "remind-score": {"stop"},
    "help-score": {"stop"},
    "ask-call": {"yes", "no"},
    "ask-call-again": {"yes", "no"},
    "remind-call": {"yes", "no", "stop"},
    "help-call": {"yes", "no", "stop"},
    "help-after": {"stop"},
    "confirm-stop": {"start"},
    "confirm-start": {"stop", "help"},
}
"""What the words mean that a text tells customers to write. They stand in capital letters."""

REQUIRED = {
    "stop": ["STOP", "ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "TD", "UNSUBSCRIBE"],
    "start": ["START", "UNSTOP"],
    "help": ["HELP"],
}
"""Keywords that AWS and carriers want to be understood, whatever the language."""

BRANDED = {
    "confirm-stop",
    "confirm-start",
    *(name for name in PROMPTS if name.startswith(("help-", "remind-"))),
}


def words_told(text: str) -> set[str]:
    return set(re.findall(r"\b(?:[A-ZÀ-Þ]{2,}|[SN])\b", text)) - {"SMS"}


def test_every_language_says_and_understands() -> None:
    """A folder has both files."""
    assert languages().keys() == patterns().keys() >= {"de", "en", "es", "fr", "pt"}


@pytest.mark.parametrize("code", languages())
def test_every_language_has_every_prompt_and_no_other(code: str) -> None:
    assert languages()[code].prompts.keys() == PROMPTS


def test_every_prompt_is_one_part() -> None:
    """So each costs as little as an SMS can, whatever our contact is."""
    rows = []
    for code, language in sorted(languages().items()):
        sizes = {name: sms_size(language.text(name, contact=CONTACT)) for name in sorted(language.prompts)}
        assert {name for name, size in sizes.items() if size.encoding == "UCS-2"} == UCS_2.get(code, set()), (
            code
        )
        rows += [f"{code} {name:16} {s.encoding} {s.units:3} {s.parts}" for name, s in sizes.items()]
        assert {name for name, size in sizes.items() if size.parts != 1} == set(), code
    print("\n".join(["language, text, encoding, units, parts", *rows]))  # noqa: T201 - what a translator looks for


@pytest.mark.parametrize("code", languages())
def test_who_writes_and_where_help_is_are_named_where_carriers_want_it(code: str) -> None:
    texts = {name: languages()[code].text(name, contact=CONTACT) for name in PROMPTS}
    assert {name for name, text in texts.items() if "Wild Rydes" in text} >= {"ask-score", *BRANDED}
    named = {name for name, text in texts.items() if CONTACT in text}
    assert named == {name for name in PROMPTS if name.startswith("help-")} | {"confirm-stop"}
    assert not any(set("{}") & set(text) for text in texts.values())


@pytest.mark.parametrize("code", languages())
def test_the_words_that_a_text_tells_customers_to_write_are_understood(code: str) -> None:
    for name, text in languages()[code].prompts.items():
        told = words_told(text)
        question: Question = "yes-no" if "call" in name else "score"
        meant = {read(form, question, code) for word in told for form in (word, word.lower(), f"{word}!")}
        assert meant == TOLD.get(name, set()), f"{name}: {told}"
        assert len(told) == len(meant), name  # one word for each


@pytest.mark.parametrize("code", languages())
def test_keywords_of_carriers_are_understood_in_every_language(code: str) -> None:
    for meant, keywords in REQUIRED.items():
        for question in ("score", "yes-no"):
            assert {word: read(word, question, code) for word in keywords} == dict.fromkeys(keywords, meant)


@pytest.mark.parametrize("code", languages())
def test_every_score_can_be_written_as_a_word(code: str) -> None:
    words = patterns()[code].numbers
    assert {read(word.upper(), "score", code) for word in words} == set(range(1, 11))


def test_the_readme_lists_the_languages() -> None:
    table = README.read_text().partition("## Languages")[2].partition("\n\nNumbers")[0]
    for code, language in languages().items():
        words = {read(word, "score", code): word for word in words_told(language.prompts["ask-score"])}
        words |= {read(word, "yes-no", code): word for word in words_told(language.prompts["ask-call"])}
        regions = " ".join(sorted(language.default_in))
        row = f"| {code} | {regions} | {words['stop']} | {words['help']} | {words['yes']}, {words['no']} |"
        assert row in table, row
    assert len(table.strip().splitlines()) == len(languages()) + 2


def test_every_answer_of_a_stage_leads_somewhere() -> None:
    assert flow().first in STAGES
    for stage in STAGES.values():
        accepted = list(range(1, 11)) if stage.accepts == "score" else ["yes", "no"]
        listed = [answer for outcome in stage.outcomes for answer in outcome.answers]
        assert sorted(map(str, listed)) == sorted(map(str, accepted))
        for outcome in stage.outcomes:
            assert outcome.leads_to in STAGES if outcome.leads_to else outcome.says


def test_no_stage_can_come_back() -> None:
    """So that every conversation ends."""

    def follow(name: str, path: tuple[str, ...]) -> None:
        assert name not in path
        for outcome in STAGES[name].outcomes:
            if outcome.leads_to:
                follow(outcome.leads_to, (*path, name))

    follow(flow().first, ())


def test_a_low_score_is_below_five() -> None:
    assert {a for o in STAGES["score"].outcomes if o.leads_to == "call" for a in o.answers} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("locale", "region", "code"),
    [
        ("es-MX", "US", "es"),
        ("es_ES", None, "es"),
        ("es-419", "US", "es"),
        ("en", "MX", "en"),
        ("ES", "US", "es"),
        (" en_GB.UTF-8", "MX", "en"),
        ("en@currency=EUR", "MX", "en"),
        (None, "MX", "es"),
        (None, "US", "en"),
        (None, "CA", "en"),
        (None, "BE", "en"),  # between two languages of which we speak one
        ("zh-Hant", "ES", "es"),
        ("xx", "ES", "es"),
        ("i-klingon", "ES", "es"),
        ("english", "ES", "es"),
        ("-en", "ES", "es"),
        ("e", "ES", "es"),
        ("\u0000🦄", "ES", "es"),
        ("", "JP", "en"),
        (None, None, "en"),
    ],
)
def test_the_language_is_the_customers_or_the_numbers(
    locale: str | None, region: str | None, code: str
) -> None:
    assert choose(locale, region) == code


@given(st.text(max_size=20), st.sampled_from([None, "", "US", "MX", "?"]))
def test_no_locale_is_too_odd(locale: str, region: str | None) -> None:
    assert choose(locale, region) in languages()


def test_a_region_has_one_language() -> None:
    """And it is one that a number can tell."""
    known = set(phonenumbers.SUPPORTED_REGIONS)
    listed = Counter(region for language in languages().values() for region in language.default_in)
    assert listed.keys() <= known
    assert {region for region, times in listed.items() if times > 1} == set()
