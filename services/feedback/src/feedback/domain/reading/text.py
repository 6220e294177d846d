"""A reply as the patterns see it: clauses of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from feedback.domain.reading.normalise import ASKED, BREAK, squeezed
from feedback.domain.reading.patterns import EMOJI, pattern
from feedback.domain.reading.rows import word_starts

LONGEST_CLAUSE = 30
"""In words. No pattern of a whole clause is as long, so none is tried on longer ones."""

Clause = tuple[str, ...]

_EMOJI = re.compile(EMOJI)


@dataclass(frozen=True)
class Text:
    """A reply, and the languages in which it is understood."""

    clauses: Sequence[Clause]
    languages: tuple[str, ...]

    @cached_property
    def spelled(self) -> Sequence[str]:
        """The clauses as patterns match them."""
        return [spelled(clause) for clause in self.clauses]

    def has(self, key: str) -> bool:
        """Tell whether the words match a pattern anywhere."""
        return pattern(key, self.languages).found_in("".join(self.spelled))

    def any_is(self, key: str) -> bool:
        """Tell whether a clause matches a pattern as a whole."""
        return any(is_whole(clause, key, self.languages) for clause in self.spelled)

    def all_are(self, *keys: str) -> bool:
        """Tell whether each clause matches one of some patterns as a whole, and there is one."""
        return bool(self.clauses) and all(
            any(is_whole(clause, key, self.languages) for key in keys) for clause in self.spelled
        )


def split(words: Sequence[str]) -> list[Clause]:
    """Split words into clauses."""
    groups = groupby(words, lambda word: word == BREAK)
    clauses = [tuple(clause) for is_break, clause in groups if not is_break]
    return [clause for clause in clauses if clause != (ASKED,)]


def spelled(clause: Sequence[str]) -> str:
    """Write a clause as patterns match it: with a space behind each word."""
    return "".join(f"{squeezed(word)} " for word in clause if word != ASKED)


def is_asked(clause: Clause) -> bool:
    """Tell whether a clause ends with a question mark."""
    return clause[-1] == ASKED


def is_whole(clause: str, key: str, languages: tuple[str, ...]) -> bool:
    """Tell whether a clause is what a pattern says, but for courtesies.

    With an opt-out, there may be reasons, too: "wrong number please stop".
    """
    if clause.count(" ") > LONGEST_CLAUSE:
        return False
    starts = after_courtesies(clause, {0}, languages)
    if key.startswith("stop"):
        reasons = pattern("stop_reasons", languages)
        starts |= after_courtesies(clause, {e for s in starts for e in reasons.ends(clause, s)}, languages)
    return pattern(key, languages).is_all(clause, sorted(starts), before_courtesies(clause, languages))


def after_courtesies(clause: str, starts: set[int], languages: tuple[str, ...]) -> set[int]:
    """Find where something else may begin: at one of the starts, or behind courtesies there."""
    found: set[int] = set()
    ahead = set(starts)
    while ahead:
        found |= ahead
        ahead = {end for start in ahead for end in _courtesies(clause, start, languages)} - found
    return found


def before_courtesies(clause: str, languages: tuple[str, ...]) -> list[int]:
    """Find where something else may end: behind it are courtesies, or nothing."""
    ends = [len(clause)]
    for start in reversed(word_starts(clause)):
        if any(end in ends for end in _courtesies(clause, start, languages)):
            ends.append(start)
    return ends


def _courtesies(clause: str, start: int, languages: tuple[str, ...]) -> set[int]:
    """Tell where the courtesies, or the emoji, that begin at a place end."""
    emoji = _EMOJI.match(clause, start)
    return {*pattern("courtesies", languages).ends(clause, start), *([emoji.end()] if emoji else [])}
