"""Yes and no: what the reply says as a whole, not a word in it."""

from typing import Literal

from feedback.domain.reading.normalise import ASKED
from feedback.domain.reading.patterns import pattern
from feedback.domain.reading.text import Clause, Text, after_courtesies, is_asked, is_whole, spelled

YesNo = Literal["yes", "no"]


def yes_or_no(text: Text) -> YesNo | None:
    """Tell whether a reply agrees to a call or declines it. None if it does neither, or both.

    Only the conversation's own language counts: "y" is "yes" in English, and "and" in Spanish.
    """
    text = Text(text.clauses, text.languages[:1])
    if declines_a_call(text):
        return "no"
    silent = [_is_no_answer(clause, text) for clause in text.clauses]
    if not any(silent) and (all_alone := _alone(text)):
        return all_alone
    said: set[YesNo] = set()
    rest = []
    aside = pattern("aside", text.languages)
    for clause, is_silent in zip(text.spelled, silent, strict=True):
        if "yes" in said and any(aside.ends(clause)):
            continue  # "yes, don't call before noon"
        agrees, declines = (not is_silent and _answer(clause, answer, text) for answer in ("yes", "no"))
        if agrees:
            said.add("yes")
        if declines:
            said.add("no")
        if not agrees and not declines:
            rest.append(clause)
    if len(said) != 1:
        return None
    answer = said.pop()
    return None if any(_is_against(answer, clause, text) for clause in rest) else answer


def declines_a_call(text: Text) -> bool:
    """Tell whether what would be an opt-out elsewhere answers the question whether to call: "no, don't bother"."""
    return text.any_is("not_a_call") and text.all_are("not_a_call", "no")


def _is_no_answer(clause: Clause, text: Text) -> bool:
    """Tell whether a clause only looks like an answer."""
    words = spelled(clause) + f"{ASKED} " * is_asked(clause)
    no_answer = pattern("no_answer", text.languages)
    return any(any(no_answer.ends(words, start)) for start in after_courtesies(words, {0}, text.languages))


def _alone(text: Text) -> YesNo | None:
    """Read a reply that is one of the short answers, said once or more, and nothing else."""
    found: list[YesNo] = []
    if text.any_is("yes_alone") and text.all_are("yes", "yes_alone", "courtesies"):
        found.append("yes")
    if text.any_is("no_alone") and text.all_are("no", "no_alone", "courtesies"):
        found.append("no")
    return found[0] if len(found) == 1 else None


def _answer(clause: str, answer: YesNo, text: Text) -> bool:
    """Tell whether a clause is an answer, as a whole or at its start."""
    if is_whole(clause, answer, text.languages):
        return True
    end = next(pattern(f"{answer}_first", text.languages).ends(clause), None)
    return end is not None and not _is_against(answer, clause[end:], text)


def _is_against(answer: YesNo, rest: str, text: Text) -> bool:
    """Tell whether what stands beside an answer may turn it into another."""
    if is_whole(rest, "courtesies", text.languages) or any(pattern("aside", text.languages).ends(rest)):
        return False
    return pattern(f"against_{answer}", text.languages).found_in(rest)
