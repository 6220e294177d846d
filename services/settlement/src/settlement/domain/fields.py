"""What the labels of an invoice name: the text behind a label, beside it, below it or above it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from settlement.domain.amounts import currencies_of
from settlement.domain.labels import LONGEST, Kind, folded, labels
from settlement.domain.page import Page, Text

T = TypeVar("T")

_FARTHEST = 2.6
"""How far below or above its label a value may be, in heights of the larger of the two."""
_NAMES: frozenset[Kind] = frozenset({"payee", "payer"})
_JOINED = re.compile(r"[^\d:]{3,}(?=\d)")
"""A label that lost its space before a number."""
_SURE_PAIR = 0.9
"""From this confidence on, a pair of Textract's counts beside what the page shows."""


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A value that a label names, and the text in which it stands."""

    value: T
    text: Text


@dataclass(frozen=True)
class _Label:
    """A label at the beginning of a line; `rest` is what follows in the line, if anything does."""

    kinds: frozenset[Kind]
    line: Text
    text: str
    rest: Text | None


class Fields:
    """The labels of pages, which are without the rows and headings of the table of rides."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._labels = [[label for line in page.lines if (label := _label(line))] for page in pages]

    def candidates(self, kinds: frozenset[Kind], parse: Callable[[Text], T | None]) -> list[Candidate[T]]:
        """Find what labels of these kinds name, as far as `parse` makes a value of it."""
        return [
            candidate
            for page, found in zip(self._pages, self._labels, strict=True)
            for candidate in self._on(page, found, kinds, parse)
        ]

    def paired(self, kinds: frozenset[Kind], parse: Callable[[Text], T | None]) -> list[Candidate[T]]:
        """Find the same among the keys and values that Textract is sure of."""
        sure = (pair for page in self._pages for pair in page.pairs if pair.confidence >= _SURE_PAIR)
        return [
            Candidate(value, pair.value)
            for pair in sure
            if labels().kinds.get(folded(pair.key.text), frozenset()) & kinds
            and (value := parse(pair.value)) is not None
        ]

    def seen(self) -> set[str]:
        """The folded texts of all labels."""
        return {folded(label.text) for found in self._labels for label in found}

    def _on(
        self, page: Page, found: Sequence[_Label], kinds: frozenset[Kind], parse: Callable[[Text], T | None]
    ) -> Iterator[Candidate[T]]:
        own = {id(label.line) for label in found}
        for label in found:
            if label.kinds & kinds:
                texts = [label.rest] if label.rest else self._around(label.line, page, own, parse)
                for text in texts:
                    if (value := parse(text)) is not None:
                        yield Candidate(value, text)

    def _around(
        self, label: Text, page: Page, own: set[int], parse: Callable[[Text], T | None]
    ) -> list[Text]:
        """What a label that stands alone may name: what is beside it, else what is below and above."""
        beside = [line for line in page.lines if line.is_level_with(label) and line.left > label.right]
        nearest = min(beside, key=lambda line: line.left, default=None)
        if nearest is not None and id(nearest) not in own and parse(nearest) is not None:
            return [nearest]
        found = []
        for below in (True, False):
            text = self._next(label, page, below=below)
            if text is not None and id(text) not in own and parse(text) is not None:
                found.append(text)
        return found

    @staticmethod
    def _next(label: Text, page: Page, *, below: bool) -> Text | None:
        """The nearest line in the label's column, below it or above."""
        sign = 1 if below else -1
        column = [
            line
            for line in page.lines
            if line is not label
            and line.is_in_column_with(label)
            and 0 < sign * (line.middle - label.middle) < _FARTHEST * max(line.height, label.height)
            and not line.is_level_with(label)
        ]
        return min(column, key=lambda line: abs(line.middle - label.middle), default=None)


def _label(line: Text) -> _Label | None:
    """The longest label with which a line begins, if the line is that label or it is set off from what follows."""
    known = labels().kinds
    for count in range(min(LONGEST, len(line.words)), 0, -1):
        text = " ".join(line.words[:count])
        kinds = known.get(folded(text))
        if kinds:
            rest = line.words[count:]
            if not text.endswith(":") and rest:
                kinds -= _NAMES  # "De" begins names as well
            alone = not rest or currencies_of(" ".join(rest).strip("()[]:"))  # Amount due (EUR)
            return _Label(kinds, line, text, None if alone else replace(line, words=rest))
    joined = _JOINED.match(line.text)
    if joined and (kinds := known.get(folded(joined[0]), frozenset()) - _NAMES):
        rest = tuple(line.text[joined.end() :].split())
        return _Label(kinds, line, joined[0], replace(line, words=rest))
    return None
