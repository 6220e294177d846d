"""Words on a page, and the lines that they make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

Point = tuple[float, float]
"""Across and down from the upper left corner of the page as it is displayed."""
Polygon = tuple[Point, Point, Point, Point]
"""The corners of a text as its reader sees them: upper left, upper right, lower right, lower left."""

_SAME_LINE = 0.35
_SAME_DIRECTION = math.radians(4)
_WIDEST_GAP = 1.1
"""In heights of the text: words farther apart are in two lines, as columns of a table are."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word: where it is, in points, and how certain its reading is, in percent."""

    text: str
    polygon: Polygon
    confidence: float

    @property
    def angle(self) -> float:
        """The direction in which it is written, in radians, clockwise from left to right."""
        (x, y), (to_x, to_y) = self.polygon[0], self.polygon[1]
        return math.atan2(to_y - y, to_x - x)

    @property
    def height(self) -> float:
        """The height of the text."""
        return math.dist(self.polygon[0], self.polygon[3])


@dataclass(frozen=True, slots=True)
class Line:
    """Words beside each other, in reading order."""

    words: Sequence[Word]

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def polygon(self) -> Polygon:
        """The corners of all words together."""
        return around(self.words)

    @property
    def confidence(self) -> float:
        """The mean of its words', as Textract has it."""
        return fmean(word.confidence for word in self.words)


def turned(point: Point, angle: float) -> Point:
    """Turn a point about the page's corner, so that what is written in the direction `angle` is level."""
    x, y = point
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def around(words: Sequence[Word]) -> Polygon:
    """Find the corners of words together, in the direction of the first."""
    angle = words[0].angle
    points = [turned(point, angle) for word in words for point in word.polygon]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    upper_left, upper_right, lower_right, lower_left = (turned(corner, -angle) for corner in corners)
    return upper_left, upper_right, lower_right, lower_left


def direction(words: Sequence[Word]) -> float:
    """Find the direction in which most of a page is written, in radians."""
    x = sum(word.polygon[1][0] - word.polygon[0][0] for word in words)
    y = sum(word.polygon[1][1] - word.polygon[0][1] for word in words)
    return math.atan2(y, x)


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Put words together to lines, from the top of the page as it is read to its bottom."""
    if not words:
        return []
    page = direction(words)
    level = sorted(
        ((*_middle(word, page), word) for word in words), key=lambda placed: (placed[1], placed[0])
    )
    rows: list[list[tuple[float, float, Word]]] = []
    for placed in level:
        row = next((row for row in reversed(rows[-8:]) if _beside(row[-1], placed)), None)
        if row is None:
            rows.append([placed])
        else:
            row.append(placed)
    found = [line for row in rows for line in _split(sorted(row, key=lambda placed: placed[0]), page)]
    return sorted(found, key=lambda line: _place(line, page))


def _beside(one: tuple[float, float, Word], other: tuple[float, float, Word]) -> bool:
    small = min(one[2].height, other[2].height)
    turn = abs(math.remainder(one[2].angle - other[2].angle, math.tau))
    return abs(one[1] - other[1]) < _SAME_LINE * small and turn < _SAME_DIRECTION


def _middle(word: Word, page: float) -> Point:
    (x, y), (_to_x, to_y) = (turned(word.polygon[index], page) for index in (0, 2))
    return x, (y + to_y) / 2


def _split(row: Sequence[tuple[float, float, Word]], page: float) -> list[Line]:
    lines: list[list[Word]] = []
    end = -math.inf
    for x, _, word in row:
        if x - end > _WIDEST_GAP * word.height:
            lines.append([])
        lines[-1].append(word)
        end = max(turned(word.polygon[1], page)[0], turned(word.polygon[2], page)[0])
    return [Line(words) for words in lines]


def _place(line: Line, page: float) -> tuple[float, float]:
    x, y = _middle(line.words[0], page)
    return round(y / 2), x
