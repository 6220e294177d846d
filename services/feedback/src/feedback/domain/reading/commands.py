"""Commands: STOP, START and HELP as AWS and carriers want them, and all that a reader takes for an opt-out."""

from typing import Literal

from feedback.domain.reading.patterns import pattern, patterns
from feedback.domain.reading.text import Text, is_whole

Command = Literal["stop", "start", "help"]


def command(text: Text) -> Command | Literal["ask"] | None:
    """Tell what a reply asks for: "ask" if it says STOP, but may mean something else.

    Commands that are the whole reply count in any language, sentences in those of the text.
    """
    every = Text(text.clauses, (*text.languages, *sorted(patterns().keys() - set(text.languages))))
    if any(_says(clause, every, "stop", "stop_clearly") for clause in every.spelled):
        if every.all_are("stop", "stop_clearly", "stop_reasons", "courtesies"):
            return "stop"
        if not text.has("told") and any(_says(clause, text, "stop_clearly") for clause in text.spelled):
            return "stop"
        return "ask" if _is_about_others(text) or _has_number(text) else "stop"
    if not _is_about_others(text) and any(_has_clear_stop(clause, text) for clause in text.spelled):
        return "ask" if _has_number(text) else "stop"
    for asked_for in ("start", "help"):
        if any(_says(clause, every, asked_for) for clause in every.spelled) and every.all_are(
            asked_for, "courtesies"
        ):
            return asked_for
    return None


def _says(clause: str, text: Text, *keys: str) -> bool:
    return any(is_whole(clause, key, text.languages) for key in keys)


def _has_clear_stop(clause: str, text: Text) -> bool:
    """Tell whether a clause has an opt-out that nothing in front of it turns: "would not stop texting me"."""
    found = next(pattern("stop_clearly", text.languages).spans(clause), None)
    if found is None:
        return False
    return all(end != found[0] for _, end in pattern("stop_not", text.languages).spans(clause))


def _is_about_others(text: Text) -> bool:
    """Tell whether a reply speaks of the ride or its people, and so may be feedback."""
    return text.has("others") or text.has("told")


def _has_number(text: Text) -> bool:
    return any(word[0].isdigit() for clause in text.clauses for word in clause)
