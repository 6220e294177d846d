"""Keys and values: which text on a page names which other, by where they are and by their colons.

Textract has learnt this and knows what words mean. Here a key is a text that ends with a colon or has one inside, or one
without digits beside the only text with some: some pairs are not found, as with Textract, and a reader may not depend on all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.rydes.simulators.textract.words import Line, Word, around, direction, turned

INLINE: Final = 96.0
BESIDE: Final = 92.0
BELOW: Final = 84.0
TWO_CELLS: Final = 78.0
"""Percent: how certain each kind of pair is."""
_FARTHEST = 16.0
_FARTHEST_DOWN = 2.2
"""In heights of the text."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value, each as words."""

    key: Sequence[Word]
    value: Sequence[Word]
    confidence: float


@dataclass(frozen=True, slots=True)
class _Box:
    line: Line
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def pairs_of(lines: Sequence[Line]) -> list[Pair]:
    """Find the keys of a page, and their values."""
    words = [word for line in lines for word in line.words]
    if not words:
        return []
    page = direction(words)
    boxes = [_box(line, page) for line in lines]
    found: list[Pair] = []
    for box in boxes:
        inside = next((i for i, word in enumerate(box.line.words) if word.text.endswith(":")), None)
        if inside is None:
            found += _two_cells(box, boxes)
        elif inside < len(box.line.words) - 1:
            found.append(Pair(box.line.words[: inside + 1], box.line.words[inside + 1 :], INLINE))
        elif beside := _beside(box, boxes):
            found.append(Pair(box.line.words, beside.line.words, BESIDE))
        elif below := _below(box, boxes):
            found.append(Pair(box.line.words, below.line.words, BELOW))
    return found


def _box(line: Line, page: float) -> _Box:
    points = [turned(point, page) for point in around(line.words)]
    return _Box(
        line,
        min(x for x, _ in points),
        max(x for x, _ in points),
        min(y for _, y in points),
        max(y for _, y in points),
    )


def _row(box: _Box, boxes: Sequence[_Box]) -> list[_Box]:
    level = (other for other in boxes if abs(other.middle - box.middle) < 0.4 * max(box.height, other.height))
    return sorted(level, key=lambda other: other.left)


def _beside(box: _Box, boxes: Sequence[_Box]) -> _Box | None:
    right = [other for other in _row(box, boxes) if other.left > box.right]
    return right[0] if right and right[0].left - box.right < _FARTHEST * box.height else None


def _below(box: _Box, boxes: Sequence[_Box]) -> _Box | None:
    under = [
        other
        for other in boxes
        if 0 < other.middle - box.middle < _FARTHEST_DOWN * box.height
        and other.left < box.right
        and box.left < other.right
    ]
    return min(under, key=lambda other: other.middle) if under else None


def _two_cells(box: _Box, boxes: Sequence[_Box]) -> list[Pair]:
    row = _row(box, boxes)
    if len(row) != 2 or row[0] is not box or _has_digit(box) or not _has_digit(row[1]):  # noqa: PLR2004 - a key, a value
        return []
    return [Pair(box.line.words, row[1].line.words, TWO_CELLS)]


def _has_digit(box: _Box) -> bool:
    return any(character.isdigit() for character in box.line.text)
