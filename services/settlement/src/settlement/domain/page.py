"""A page as its reader sees it: lines of words, upright whichever way the page lay, and what stands beside what."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from settlement.domain.blocks import Block

_JOINED = re.compile(r"(?<=[^\W\d]:)(?=\S)|(?<=\.:)(?=\S)")
"""Where a space was lost: behind the colon of a label, but not in 12:30."""
_SAME_DIRECTION = 0.98
"""The cosine of the angle up to which a line is written as the page is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page (from 1) something was found, in parts of the page's width and height."""

    page: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Text:
    """Words beside each other. Left, right, top and bottom are of the upright page, in no unit: compare them to each other.

    `confidence` is that of the least certain word, from 0 to 1.
    """

    words: tuple[str, ...]
    confidence: float
    place: Place
    left: float
    right: float
    top: float
    bottom: float

    @cached_property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(self.words)

    @property
    def height(self) -> float:
        """The height of the text."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """How far down the middle of the text is."""
        return (self.top + self.bottom) / 2

    def is_level_with(self, other: "Text") -> bool:
        """Whether both are in one row."""
        return abs(self.middle - other.middle) < 0.45 * max(self.height, other.height)

    def is_in_column_with(self, other: "Text") -> bool:
        """Whether one is above the other, at least in part."""
        return self.left < other.right and other.left < self.right


@dataclass(frozen=True)
class Pair:
    """A key and a value that Textract found to belong together, and how certain it was, from 0 to 1."""

    key: Text
    value: Text
    confidence: float


@dataclass(frozen=True)
class Page:
    """A page: its number from 1, its lines from top to bottom, and its keys and values."""

    number: int
    lines: tuple[Text, ...]
    pairs: tuple[Pair, ...]

    @cached_property
    def rows(self) -> tuple[tuple[Text, ...], ...]:
        """The lines that are beside each other, from left to right."""
        rows: list[list[Text]] = []
        for line in self.lines:
            row = next((row for row in reversed(rows[-6:]) if row[-1].is_level_with(line)), None)
            if row is None:
                rows.append([line])
            else:
                row.append(line)
        return tuple(tuple(sorted(row, key=lambda line: line.left)) for row in rows)


def pages_of(blocks: Sequence[Block]) -> list[Page]:
    """Put the blocks of a document together to pages, those without text among them."""
    numbers = sorted({block.page for block in blocks})
    by_page: dict[int, list[Block]] = {number: [] for number in numbers}
    for block in blocks:
        by_page[block.page].append(block)
    return [_page(number, by_page[number]) for number in numbers]


def _page(number: int, blocks: Sequence[Block]) -> Page:
    by_id = {block.id: block for block in blocks}
    lines = [block for block in blocks if block.block_type == "LINE"]
    upright = _Upright(lines)
    texts = [
        upright.text([by_id[id_] for id_ in line.related("CHILD") if id_ in by_id] or [line])
        for line in lines
        if upright.is_straight(line)
    ]
    pairs = []
    for key in blocks:
        if "KEY" not in key.entity_types:
            continue
        for value in (by_id[id_] for id_ in key.related("VALUE") if id_ in by_id):
            words = [[by_id[id_] for id_ in block.related("CHILD") if id_ in by_id] for block in (key, value)]
            if all(words):
                pairs.append(Pair(upright.text(words[0]), upright.text(words[1]), value.confidence / 100))
    return Page(number, tuple(sorted(texts, key=lambda text: (text.middle, text.left))), tuple(pairs))


class _Upright:
    """Turns a page upright. Two directions, along its lines and down them, make a frame that may lie anyhow on the page.

    Parts of the width and parts of the height are no equal lengths, and the blocks do not say how they compare. A frame of
    two directions does not need to know.
    """

    def __init__(self, lines: Iterable[Block]) -> None:
        along, down = [0.0, 0.0], [0.0, 0.0]
        for line in lines:
            for total, (x, y) in zip((along, down), _sides(line), strict=True):
                total[0] += x
                total[1] += y
        self._along = _unit(along, (1.0, 0.0))
        self._down = _unit(down, (0.0, 1.0))
        self._area = self._along[0] * self._down[1] - self._along[1] * self._down[0]
        if abs(self._area) < 1e-6:  # noqa: PLR2004 - two directions that are one: nothing could be told apart
            self._along, self._down, self._area = (1.0, 0.0), (0.0, 1.0), 1.0

    def is_straight(self, line: Block) -> bool:
        """Whether a line is written in the direction of the page: not up its margin."""
        (x, y), _ = _sides(line)
        length = math.hypot(x, y)
        return not length or (x * self._along[0] + y * self._along[1]) / length > _SAME_DIRECTION

    def text(self, words: Sequence[Block]) -> Text:
        """Make a text of words."""
        shapes = [word.geometry for word in words if word.geometry]
        points = [self._at(corner["X"], corner["Y"]) for shape in shapes for corner in shape["Polygon"]]
        boxes = [shape["BoundingBox"] for shape in shapes]
        left, top = min(box["Left"] for box in boxes), min(box["Top"] for box in boxes)
        place = Place(
            words[0].page,
            left,
            top,
            max(box["Left"] + box["Width"] for box in boxes) - left,
            max(box["Top"] + box["Height"] for box in boxes) - top,
        )
        return Text(
            tuple(part for word in words for part in _JOINED.sub(" ", word.text).split()),
            min(word.confidence for word in words) / 100,
            place,
            min(x for x, _ in points),
            max(x for x, _ in points),
            min(y for _, y in points),
            max(y for _, y in points),
        )

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (
            (x * self._down[1] - y * self._down[0]) / self._area,
            (y * self._along[0] - x * self._along[1]) / self._area,
        )


def _sides(line: Block) -> tuple[tuple[float, float], tuple[float, float]]:
    if line.geometry is None:
        return (0.0, 0.0), (0.0, 0.0)
    begin, end, _, below = line.geometry["Polygon"]
    return (end["X"] - begin["X"], end["Y"] - begin["Y"]), (below["X"] - begin["X"], below["Y"] - begin["Y"])


def _unit(vector: Sequence[float], instead: tuple[float, float]) -> tuple[float, float]:
    length = math.hypot(vector[0], vector[1])
    return (vector[0] / length, vector[1] / length) if length else instead
