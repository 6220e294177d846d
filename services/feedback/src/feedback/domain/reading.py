"""What a customer means: a command, a score, a yes or a no. Never a guess: an unclear text is None.

Every conversation understands the words of all languages. Where two languages disagree, the conversation's
own wins.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Literal

from feedback.domain.language import DEFAULT, Patterns, patterns

HIGHEST = 10
LOWEST = 1

YesNo = Literal["yes", "no"]


class Command(Enum):
    """What a customer can ask for in any stage, and in any language."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of all languages, seen from one of them."""

    numbers: Mapping[str, int]
    scaled: re.Pattern[str]
    doubtful: frozenset[str]
    answers: tuple[tuple[str, YesNo], ...]
    """Phrases, longest first: "no problem" is a yes."""


def words(text: str) -> str:
    """Reduce a text to lower-case words without accents, emoji modifiers and outer punctuation."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).replace(
        "\N{MINUS SIGN}", "-"
    )
    kept = []
    for character in decomposed:
        match unicodedata.category(character):
            case "Mn" | "Me" | "Sk" | "Cf":  # accents, keycaps, skin tones, joiners
                continue
            case "So":  # an emoji is a word of its own: "8👍"
                kept.append(f" {character} ")
            case _:
                kept.append("" if character in "'’`" else character)  # noqa: RUF001 - what phones write
    parts = re.split(r"[\s;!?¡¿()\"“”«»…]+|,(?!\d)", "".join(kept))
    return " ".join(word for part in parts if (word := part.strip(".:,*~_").removesuffix("-")))


def command(text: str) -> Command | None:
    """Read a message that is a command as a whole, in any language."""
    said = f" {words(text)}"
    return next((command for command, pattern in _commands() if pattern.fullmatch(said)), None)


def score(text: str, language: str) -> int | None:
    """Read the one whole number from 1 to 10 in a text: "8", "8/10", "eight", "I give it an 8!"."""
    vocabulary = _vocabulary(language)
    said, scaled = vocabulary.scaled.subn(r"\1", words(text))
    numbers: set[int] = set()
    skeleton = []
    for word in said.split():
        number = int(word) if word.isdecimal() else vocabulary.numbers.get(word)
        if number is not None:
            numbers.add(number)
        elif any(character.isnumeric() for character in word):
            return None  # "-3", "8.5", "7-8", "8th"
        skeleton.append(word if number is None else "#")
    if not scaled and any(_contains(skeleton, phrase) for phrase in vocabulary.doubtful):
        return None
    return next(iter(numbers)) if len(numbers) == 1 and min(numbers) in range(LOWEST, HIGHEST + 1) else None


def yes_or_no(text: str, language: str) -> YesNo | None:
    """Tell whether a text agrees or declines. None if it does neither, or both."""
    rest = f" {words(text)} "
    found: set[YesNo] = set()
    for phrase, answer in _vocabulary(language).answers:
        if f" {phrase} " in rest:
            found.add(answer)
            rest = rest.replace(f" {phrase} ", "  ")
    return found.pop() if len(found) == 1 else None


def _contains(skeleton: Iterable[str], phrase: str) -> bool:
    return f" {phrase} " in f" {' '.join(skeleton)} "


@cache
def _vocabulary(code: str) -> Vocabulary:
    spoken = patterns()
    own = spoken.get(code, spoken[DEFAULT])
    # The conversation's own language comes last, and so has the last word.
    every = [*(spoken[other] for other in sorted(spoken) if spoken[other] is not own), own]
    numbers = {word: number for language in every for word, number in language.numbers.items()}
    answers: dict[str, YesNo] = {}
    for language in every:
        answers |= dict.fromkeys(language.yes, "yes") | dict.fromkeys(language.no, "no")  # type: ignore[arg-type]
    return Vocabulary(
        numbers=numbers,
        scaled=_scaled(every, numbers),
        doubtful=frozenset(phrase for language in every for phrase in language.doubtful),
        answers=tuple(sorted(answers.items(), key=lambda entry: -len(entry[0]))),
    )


def _scaled(every: Iterable[Patterns], numbers: Mapping[str, int]) -> re.Pattern[str]:
    """Match "8/10" or "eight out of ten", so that the 10 is not taken for a second number."""
    between = "|".join(sorted({f" {re.escape(phrase)} " for language in every for phrase in language.out_of}))
    number = "|".join([r"\d+", *map(re.escape, numbers)])
    highest = "|".join([str(HIGHEST), *(word for word, value in numbers.items() if value == HIGHEST)])
    return re.compile(rf"(?<!\S)({number})(?: ?/ ?|{between})(?:{highest})(?!\S)")


@cache
def _commands() -> tuple[tuple[Command, re.Pattern[str]], ...]:
    return tuple(
        (command, _pattern(phrase))
        for command in Command  # STOP comes first: if in doubt, stop
        for language in patterns().values()
        for phrase in getattr(language, command.value)
    )


def _pattern(phrase: str) -> re.Pattern[str]:
    """Match the phrase in a text that has a space before each word, the first one included."""
    return re.compile(
        "".join(r"(?: \S+)*" if word == "*" else f" {re.escape(word)}" for word in phrase.split())
    )
