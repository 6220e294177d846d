"""A reply as the patterns see it: clauses of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from feedback.domain.reading.normalise import BREAK, squeezed
from feedback.domain.reading.patterns import alone, pattern

LONGEST_CLAUSE = 30
"""In words. No pattern of a whole clause is as long, so none is tried on longer ones."""

Clause = tuple[str, ...]


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
        return pattern(key, self.languages).search("".join(self.spelled)) is not None

    def all_are(self, *keys: str) -> bool:
        """Tell whether each clause matches one of some patterns as a whole, and there is one."""
        return bool(self.clauses) and all(
            any(is_whole(clause, key, self.languages) for key in keys) for clause in self.spelled
        )


def split(words: Sequence[str]) -> list[Clause]:
    """Split words into clauses."""
    groups = groupby(words, lambda word: word == BREAK)
    return [tuple(clause) for is_break, clause in groups if not is_break]


def spelled(clause: Sequence[str]) -> str:
    """Write a clause as patterns match it: with a space behind each word."""
    return "".join(f"{squeezed(word)} " for word in clause)


def is_whole(clause: str, key: str, languages: tuple[str, ...]) -> bool:
    """Tell whether a clause is what a pattern says, but for courtesies."""
    if clause.count(" ") > LONGEST_CLAUSE:
        return False
    return alone(key, languages).fullmatch(clause) is not None
