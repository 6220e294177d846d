"""Commands: STOP, START and HELP as AWS and carriers want them, and all that a reader takes for an opt-out."""

from typing import Literal

from feedback.domain.reading.patterns import pattern, patterns
from feedback.domain.reading.rows import word_starts
from feedback.domain.reading.text import Text, is_whole

Command = Literal["stop", "start", "help"]
STOPS = ("stop", "stop_clearly")


def command(text: Text) -> Command | Literal["ask"] | None:
    """Tell what a reply asks for: "ask" if it says STOP, but may mean something else.

    Commands that are the whole reply count in any language, sentences in those of the text.
    """
    others = sorted(patterns().keys() - set(text.languages))
    every = [text, *(Text(text.clauses, (code,)) for code in others)]
    stopping = [each for each in every if any(_says(clause, each, *STOPS) for clause in each.spelled)]
    if any(each.all_are(*STOPS, "stop_reasons", "courtesies", "no") for each in stopping):
        return "stop"
    if stopping:
        if not text.has("told") and any(_says(clause, text, "stop_clearly") for clause in text.spelled):
            return "stop"
        return "ask" if _is_about_others(text) or _has_number(text) else "stop"
    if not _is_about_others(text) and any(_has_clear_stop(clause, text) for clause in text.spelled):
        return "ask" if _has_number(text) else "stop"
    for asked_for in ("start", "help"):
        for each in every:
            if any(_says(clause, each, asked_for) for clause in each.spelled) and each.all_are(
                asked_for, "courtesies"
            ):
                return asked_for
    return None


def _says(clause: str, text: Text, *keys: str) -> bool:
    return any(is_whole(clause, key, text.languages) for key in keys)


def _has_clear_stop(clause: str, text: Text) -> bool:
    """Tell whether a clause has an opt-out that nothing beside it turns: "would not stop texting me"."""
    clearly, other = pattern("stop_clearly", text.languages), pattern("stop_else", text.languages[:1])
    turned = {end for _, end in pattern("stop_not", text.languages).spans(clause)}
    return any(
        not any(other.ends(clause, end))
        for start in word_starts(clause)
        if start not in turned
        for end in [max(clearly.ends(clause, start), default=None)]
        if end is not None
    )


def _is_about_others(text: Text) -> bool:
    """Tell whether a reply speaks of the ride or its people, and so may be feedback."""
    return text.has("others") or text.has("told")


def _has_number(text: Text) -> bool:
    return any(word[0].isdigit() for clause in text.clauses for word in clause)
