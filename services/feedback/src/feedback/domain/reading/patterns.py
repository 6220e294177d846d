"""What we understand, as data: `languages/<code>/reading.json`, and the notation of its patterns."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from feedback.domain import language
from feedback.domain.reading.normalise import squeezed

EMOJI = "[\\u2190-\\u2bff\\U0001f000-\\U0001faff] "
NEVER = r"(?!)"

_PARTS = re.compile(r"\(|\)\??|(?<!\S)\|(?!\S)|[^\s()]+")


class Patterns(BaseModel):
    """What is understood in one language. All keys are needed; a list may be empty.

    A pattern is a row of words, written as `normalise.tokens` returns them: lower case, no accents, no
    punctuation. `a|b` is one of both, `a?` is there or not, `#` is a number, `^` an emoji, `*` one word of any
    kind, and `@name` one of the patterns in that class. A class may name those above it. Doubled letters count once.

    The docstring of a key says how much of a reply its patterns must match. A *clause* is what stands between
    punctuation marks. *Courtesies* around the match never matter.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )

    beside: tuple[str, ...]
    """Other languages that customers mix into this one. Their words and sentences count, too."""
    classes: dict[str, tuple[str, ...]]
    courtesies: tuple[str, ...]
    """What surrounds a message and means nothing: greetings, thanks, "please", curses."""

    numbers: dict[str, int]
    articles: tuple[str, ...]
    """Number words that are articles, too, as French "un": a number only if the clause has no other word."""
    idioms: tuple[str, ...]
    """Rows of words that have a number word and no number: "this one", "two words"."""
    of_ten: tuple[str, ...]
    """What may stand between a score and the highest one, as in "8 out of 10"."""
    score: tuple[str, ...]
    """A clause that is a score and nothing else. The bare number need not be listed."""
    praise: tuple[str, ...]
    """What may follow a score at the start of a reply, or precede it at the end, without a mark between."""
    because: tuple[str, ...]
    """Words behind a score with which a new clause begins."""
    counted: tuple[str, ...]
    """Units: with one of them, a number elsewhere in the reply is no second score."""
    labels: tuple[str, ...]
    """At the end of a clause, they make the number in the next one no score: "terminal: 3"."""
    doubts: tuple[str, ...]
    """Anywhere in a reply, they make its number no score: hedged, wished, taken back."""

    yes: tuple[str, ...]
    """A whole clause. Others may stand beside it, unless they say no or have something `against-yes`."""
    yes_alone: tuple[str, ...]
    """A yes if the reply says nothing else."""
    yes_first: tuple[str, ...]
    """A yes at the start of a clause, unless the rest has something `against-yes`."""
    against_yes: tuple[str, ...]
    """What turns a yes: "not", "maybe"."""
    no: tuple[str, ...]
    no_alone: tuple[str, ...]
    no_first: tuple[str, ...]
    against_no: tuple[str, ...]
    aside: tuple[str, ...]
    """The start of what a yes may be followed by, whatever words are in it: "not before 5"."""
    not_a_call: tuple[str, ...]
    """Whole replies that are a no to the question whether to call, and opt-outs elsewhere."""

    stop: tuple[str, ...]
    """A whole clause that is an opt-out if the reply has no number and says nothing of others."""
    stop_clearly: tuple[str, ...]
    """An opt-out as a clause of any reply; within a clause, if the reply has no number and says nothing of others."""
    stop_reasons: tuple[str, ...]
    """Clauses that go with an opt-out."""
    stop_not: tuple[str, ...]
    """In front of a `stop-clearly` they make it none: "do not stop texting me"."""
    others: tuple[str, ...]
    """Words that show that a reply is about the ride or its people."""
    told: tuple[str, ...]
    """What introduces the words of others: a reply with it is an opt-out only as a whole."""
    start: tuple[str, ...]
    help: tuple[str, ...]

    reactions: tuple[str, ...]
    """What a phone writes before the quoted message that it reacts to."""
    pictures: tuple[str, ...]
    """Whole replies that are a reaction without a quote."""
    automatic: tuple[str, ...]
    """Anywhere in a reply, they show that no person wrote it."""
    signatures: tuple[str, ...]
    """The start of a clause that a phone adds at the end."""

    def sources(self, phrases: Iterable[str]) -> list[str]:
        """Make regular expressions of patterns, for words with a space behind each of them."""
        return ["".join(map(self._part, _PARTS.findall(phrase))) for phrase in phrases]

    def _part(self, part: str) -> str:
        match part:
            case "(":
                return "(?:"
            case ")" | ")?" | "|":
                return part
        body = part.removesuffix("?")
        source = "|".join(map(self._word, body.split("|")))
        return f"(?:{source})" + "?" * (body != part)

    def _word(self, word: str) -> str:
        match word[0], word[1:]:
            case "@", name:
                return f"(?:{_either(self.sources(self.classes[name]))})"
            case "#", "":
                return r"(?:#|\d+) "
            case "*", "":
                return r"\S+ "
            case "^", "":
                return EMOJI
        return re.escape(squeezed(word)) + " "


@cache
def patterns() -> Mapping[str, Patterns]:
    """Read the patterns of all languages, by their codes."""
    return {code: Patterns.model_validate_json(data) for code, data in language.each("reading.json")}


def heard_in(code: str) -> tuple[str, ...]:
    """List the languages understood in a conversation: its own first."""
    return (code, *(other for other in patterns()[code].beside if other in patterns()))


@cache
def pattern(key: str, codes: tuple[str, ...]) -> re.Pattern[str]:
    """Compile what languages have under a key, to be found where a word begins."""
    return re.compile(rf"(?<!\S)(?:{_any(key, codes)})")


@cache
def alone(key: str, codes: tuple[str, ...]) -> re.Pattern[str]:
    """Compile what languages have under a key, with courtesies around it, to be a whole clause.

    With an opt-out, there may be reasons, too: "wrong number please stop".
    """
    # Atomic: a word that is a courtesy in two languages must not be tried as each of them, time and again.
    around = rf"(?>{_any('courtesies', codes)}|{EMOJI})*"
    if key.startswith("stop"):
        around = rf"{around}(?:(?:{_any('stop_reasons', codes)}){around})?"
    return re.compile(rf"{around}(?:{_any(key, codes)}){around}")


def _any(key: str, codes: tuple[str, ...]) -> str:
    sources = {
        source for code in codes for source in patterns()[code].sources(getattr(patterns()[code], key))
    }
    return _either(sources)


def _either(sources: Iterable[str]) -> str:
    """Prefer the longer of two patterns, which may have the shorter at its start."""
    return "|".join(sorted(sources, key=lambda source: (-len(source), source))) or NEVER
