"""What we understand, as data: `languages/<code>/reading.json`, and the notation of its patterns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property

from feedback.domain import language
from feedback.domain.data_file import DataFile
from feedback.domain.reading.normalise import squeezed
from feedback.domain.reading.rows import Row, Rows

EMOJI = "[\\u2190-\\u21ff\\u2300-\\u29ff\\u2b00-\\u2bff\\U0001f000-\\U0001faff] "
"""Signs of mathematics are none: "≥8" and "√9" are no scores."""
NEVER = r"(?!)"

_PARTS = re.compile(r"\(|\)\??|(?<!\S)\|(?!\S)|[^\s()]+")


class Patterns(DataFile):
    """What is understood in one language. All keys are needed; a list may be empty.

    A pattern is a row of words, written as `normalise.tokens` returns them: lower case, no accents, no
    punctuation. `a|b` is one of both, `a?` is there or not, `#` is a number, `^` an emoji, `*` one word of any
    kind, and `@name` one of the patterns in that class. A class may name those above it. Doubled letters count once.

    The docstring of a key says how much of a reply its patterns must match. A *clause* is what stands between
    punctuation marks. *Courtesies* around the match never matter.
    """

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
    before_last: tuple[str, ...]
    """What may only precede a score at the end, as it would be counted behind one: "texts", "rude to the driver"."""
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
    no_answer: tuple[str, ...]
    """The start of a clause that is neither a yes nor a no, whatever it looks like. `¿` ends a question."""
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
    stop_else: tuple[str, ...]
    """Behind a `stop-clearly` within a clause they make it none: "do not send me that driver"."""
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

    def rows(self, phrases: Iterable[str]) -> Iterator[Row]:
        """Make patterns ready for use."""
        return (self._row(phrase, self._classes) for phrase in phrases)

    @cached_property
    def _classes(self) -> Mapping[str, Row]:
        found: dict[str, Row] = {}
        for name, phrases in self.classes.items():  # one may name those above it
            rows = [self._row(phrase, found) for phrase in phrases]
            needs = None if any(row.needs is None for row in rows) else _union(row.needs for row in rows)
            found[name] = Row(either(row.source for row in rows), needs)
        return found

    def _row(self, phrase: str, classes: Mapping[str, Row]) -> Row:
        """Compose a pattern. It needs the words of that part which has the fewest, and cannot be left out."""
        source = ""
        needs: frozenset[str] | None = None
        depth = 0
        for part in _PARTS.findall(phrase):
            if part in ("(", ")", ")?", "|"):
                source += "(?:" if part == "(" else part
                depth += (part == "(") - part.startswith(")")
                continue
            body = part.removesuffix("?")
            words = [_word(word, classes) for word in body.split("|")]
            source += f"(?:{'|'.join(word.source for word in words)})" + "?" * (body != part)
            if depth or body != part or any(word.needs is None for word in words):
                continue
            needed = _union(word.needs for word in words)
            needs = needed if needs is None or len(needed) < len(needs) else needs
        return Row(source, needs)


def _word(word: str, classes: Mapping[str, Row]) -> Row:
    match word[0], word[1:]:
        case "@", name:
            return Row(f"(?:{classes[name].source})", classes[name].needs)
        case "#", "":
            return Row(r"(?:#|\d+) ", None)
        case "*", "":
            return Row(r"\S+ ", None)
        case "^", "":
            return Row(EMOJI, None)
    return Row(re.escape(squeezed(word)) + " ", frozenset({squeezed(word)}))


def _union(needs: Iterable[frozenset[str] | None]) -> frozenset[str]:
    return frozenset().union(*filter(None, needs))


@cache
def patterns() -> Mapping[str, Patterns]:
    """Read the patterns of all languages, by their codes."""
    return {code: Patterns.model_validate_json(data) for code, data in language.each("reading.json")}


def heard_in(code: str) -> tuple[str, ...]:
    """List the languages understood in a conversation: its own first."""
    return (code, *(other for other in patterns()[code].beside if other in patterns()))


@cache
def pattern(key: str, codes: tuple[str, ...]) -> Rows:
    """Collect what languages have under a key."""
    rows = {row for code in codes for row in _rows(key, code)}
    return Rows(sorted(rows, key=lambda row: (-len(row.source), row.source)))


@cache
def _rows(key: str, code: str) -> tuple[Row, ...]:
    spoken = patterns()[code]
    return tuple(spoken.rows(getattr(spoken, key)))


def either(sources: Iterable[str]) -> str:
    """Prefer the longer of two patterns, which may have the shorter at its start."""
    return "|".join(sorted(sources, key=lambda source: (-len(source), source))) or NEVER
