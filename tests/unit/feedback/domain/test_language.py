"""The data files: whole, consistent, and each prompt one SMS."""

import pytest

from feedback.domain.conversation import flow
from feedback.domain.language import languages
from feedback.domain.reading.reply import read
from feedback.domain.sms_parts import sms_size

STAGES = flow().stages
PROMPTS = {
    flow().gives_up,
    flow().helps_after,
    *(p for s in STAGES.values() for p in (s.asks, s.asks_again, s.reminds, s.helps)),
    *(outcome.says for stage in STAGES.values() for outcome in stage.outcomes if outcome.says),
    "confirm-stop",
    "confirm-start",
}
CONTACT = "x" * 30
"""The longest that infra/stage.py lets through."""


@pytest.mark.parametrize("code", languages())
def test_every_language_has_every_prompt_and_no_other(code: str) -> None:
    assert languages()[code].prompts.keys() == PROMPTS


@pytest.mark.parametrize("code", languages())
def test_every_prompt_fits_one_sms(code: str) -> None:
    """So each costs as little as an SMS can, whatever our contact is."""
    for name in languages()[code].prompts:
        text = languages()[code].text(name, contact=CONTACT)
        assert sms_size(text).parts == 1, f"{name}: {sms_size(text)}"


@pytest.mark.parametrize("code", languages())
def test_the_contact_is_named_where_customers_ask_for_it(code: str) -> None:
    language = languages()[code]
    named = {name for name in PROMPTS if CONTACT in language.text(name, contact=CONTACT)}
    assert named == {name for name in PROMPTS if name.startswith("help-")} | {"confirm-stop"}
    assert not any(set("{}") & set(language.text(name, contact=CONTACT)) for name in PROMPTS)


@pytest.mark.parametrize("code", languages())
def test_what_the_questions_offer_is_accepted(code: str) -> None:
    """A question names STOP or its like, and the words it asks for."""
    prompts = languages()[code].prompts
    offered = {word.strip(".,:") for word in prompts["ask-score"].split() if word.strip(".,:").isupper()}
    assert {read(word, "score", code) for word in offered} == {"stop", "help"}
    shouted = {word.strip(".,:?¿") for word in prompts["ask-call"].split() if word.strip(".,:?¿").isupper()}
    assert {read(word, "yes-no", code) for word in shouted} == {"yes", "no"}


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
