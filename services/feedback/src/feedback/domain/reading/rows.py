"""Patterns at work. There are thousands, and a reply needs few: each is compiled when a reply first has its words."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain


@dataclass(frozen=True)
class Row:
    """A pattern: its regular expression, and words of which a text must have one. None: any text will do."""

    source: str
    needs: frozenset[str] | None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, to be found where a word begins."""
        return re.compile(rf"(?<!\S)(?:{self.source})")


@dataclass(frozen=True)
class Rows:
    """The patterns of some languages for one purpose. Texts have a space behind each word."""

    rows: Sequence[Row]
    """The longer of two stands first: it may have the shorter at its start."""

    def found_in(self, text: str) -> bool:
        """Tell whether one of the patterns is anywhere in a text."""
        return any(regex.search(text) for regex in self._candidates(text))

    def is_all(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> bool:
        """Tell whether one of the patterns is all that stands between one of the starts and one of the ends."""
        return any(
            regex.fullmatch(text, start, end)
            for regex in self._candidates(text)
            for start in starts
            for end in ends
            if start <= end
        )

    def ends(self, text: str, start: int = 0) -> Iterator[int]:
        """Tell where the patterns that begin at a place end."""
        return (match.end() for regex in self._candidates(text) if (match := regex.match(text, start)))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Find the patterns in a text, from its start. They do not overlap."""
        candidates = self._candidates(text)
        start = 0
        while True:
            matches = [match for regex in candidates if (match := regex.search(text, start))]
            if not matches:
                return
            first = min(matches, key=lambda match: match.start())
            yield first.span()
            start = max(first.end(), start + 1)

    def _candidates(self, text: str) -> list[re.Pattern[str]]:
        of_words = (self._by_word.get(word, ()) for word in {*text.split(), None})
        return [self.rows[place].regex for place in sorted(set(chain.from_iterable(of_words)))]

    @cached_property
    def _by_word(self) -> Mapping[str | None, Sequence[int]]:
        """List the places of the rows that need a word; under None, of those that need none."""
        found: dict[str | None, list[int]] = defaultdict(list)
        for place, row in enumerate(self.rows):
            for word in row.needs if row.needs is not None else (None,):
                found[word].append(place)
        return found


def word_starts(text: str) -> list[int]:
    """List where the words of a text begin."""
    return [match.start() for match in re.finditer(r"\S+", text)]
