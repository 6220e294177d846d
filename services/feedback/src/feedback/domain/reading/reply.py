"""Read a reply. Nothing is guessed: what may mean two things is asked again."""

from typing import Literal, TypeGuard, get_args

from feedback.domain.language import DEFAULT
from feedback.domain.reading.answers import YesNo, declines_a_call, yes_or_no
from feedback.domain.reading.commands import Command, command
from feedback.domain.reading.noise import is_quote, is_reaction, unquoted
from feedback.domain.reading.patterns import heard_in, pattern, patterns
from feedback.domain.reading.scores import score
from feedback.domain.reading.text import Text, spelled, split

Question = Literal["score", "yes-no"]
Meaning = int | YesNo | Command | Literal["ask", "ignore"]
"""A score, an answer, a command, "ask" (again), or "ignore": a reaction or an automatic reply."""


def read(reply: str, question: Question | None, language: str) -> Meaning:
    """Read a reply to a question, or to none, in a conversation held in a language."""
    code = language if language in patterns() else DEFAULT
    if is_reaction(reply) or is_quote(reply):
        return "ignore"
    text = _unsigned(Text(split(unquoted(reply)), heard_in(code)))
    number = score(text) if question == "score" else None
    if number is None and text.has("automatic"):
        return "ignore"
    if asked_for := command(text):
        return "no" if question == "yes-no" and declines_a_call(text) else asked_for
    if question == "score":
        return number or "ask"
    return (question and yes_or_no(text)) or "ask"


def command_in(reply: str) -> Command | None:
    """Read a command, when it is not known yet in which conversation: in any language."""
    meanings = (read(reply, None, code) for code in sorted(patterns()))
    return next(filter(is_command, meanings), None)


def is_command(meaning: Meaning) -> TypeGuard[Command]:
    """Tell commands from answers."""
    return meaning in get_args(Command)


def _unsigned(text: Text) -> Text:
    """Drop what a phone adds: "Sent from my phone"."""
    signatures = pattern("signatures", text.languages)
    return Text(
        [clause for clause in text.clauses if not any(signatures.ends(spelled(clause)))],
        text.languages,
    )
