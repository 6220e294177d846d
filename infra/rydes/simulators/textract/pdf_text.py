"""The text that a PDF page has, with the place of each word. PDFium reads it; only one thread may at a time."""

import ctypes
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from infra.rydes.simulators.textract.words import Point, Polygon, Word

PDFIUM: Final = threading.Lock()
"""Held by whoever calls PDFium."""

CERTAIN: Final = 99.8
"""Percent: what is written in the file is not guessed from its picture."""
_ASCENT, _DESCENT = 0.74, 0.21
"""Of the font's size."""
_GAP, _OFF = 0.3, 0.5
"""Of the font's size: as far apart, or as far off the line, are characters of two words."""
_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Char:
    """A character: where its baseline begins and ends, in the page's own points, its direction, and the size of its font."""

    text: str
    start: Point
    end: Point
    way: Point
    size: float


def words_of(page: pdfium.PdfPage) -> list[Word]:
    """Read the words of a page, in points of the page as it is displayed. Hold `PDFIUM`."""
    show = _display(page)
    textpage = page.get_textpage()
    try:
        return [_word(chars, show) for chars in _runs(textpage)]
    finally:
        textpage.close()


def _runs(textpage: pdfium.PdfTextPage) -> Iterator[list[Char]]:
    run: list[Char] = []
    for index in range(textpage.count_chars()):
        text = chr(raw.FPDFText_GetUnicode(textpage.raw, index))
        if not text.isprintable() or text.isspace():
            if run:
                yield run
            run = []
            continue
        char = _char(textpage.raw, index, text)
        if run and _apart(run[-1], char):
            yield run
            run = []
        run.append(char)
    if run:
        yield run


def _char(textpage: Any, index: int, text: str) -> Char:  # noqa: ANN401 - a handle of PDFium
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(textpage, index, matrix)
    length = math.hypot(matrix.a, matrix.b) or 1.0
    dx, dy = matrix.a / length, matrix.b / length
    # The farthest corner of its box in the direction of the text.
    across, up = (left.value, right.value), (bottom.value, top.value)
    reach = max((cx - x.value) * dx + (cy - y.value) * dy for cx in across for cy in up)
    size = raw.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
    return Char(text, (x.value, y.value), (x.value + dx * reach, y.value + dy * reach), (dx, dy), size)


def _apart(one: Char, next_: Char) -> bool:
    """Whether a gap between two characters, or a turn, begins another word."""
    (x, y), (dx, dy) = one.end, one.way
    gap = (next_.start[0] - x) * dx + (next_.start[1] - y) * dy
    off = abs((next_.start[1] - y) * dx - (next_.start[0] - x) * dy)
    return bool(gap > _GAP * one.size or gap < -one.size or off > _OFF * one.size)


def _word(chars: list[Char], show: "Affine") -> Word:
    first, last = chars[0], chars[-1]
    (dx, dy), size = first.way, max(char.size for char in chars)
    up = -dy, dx
    corners: list[Point] = []
    for (x, y), share in (
        (first.start, _ASCENT),
        (last.end, _ASCENT),
        (last.end, -_DESCENT),
        (first.start, -_DESCENT),
    ):
        corners.append(show((x + up[0] * size * share, y + up[1] * size * share)))
    polygon: Polygon = (corners[0], corners[1], corners[2], corners[3])
    return Word("".join(char.text for char in chars), polygon, CERTAIN)


class Affine:
    """Takes points of a page to points of its display, which may be turned and begin elsewhere."""

    def __init__(self, origin: Point, right: Point, up: Point) -> None:
        self._origin, self._right, self._up = origin, right, up

    def __call__(self, point: Point) -> Point:
        """Take one point."""
        x, y = point
        return (
            self._origin[0] + x * self._right[0] + y * self._up[0],
            self._origin[1] + x * self._right[1] + y * self._up[1],
        )


def _display(page: pdfium.PdfPage) -> Affine:
    width, height = page.get_size()

    def shown(x: float, y: float) -> Point:
        device_x, device_y = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, _SCALE, _SCALE, 0, x, y, device_x, device_y)
        return device_x.value / _SCALE * width, device_y.value / _SCALE * height

    far = 1_000.0
    origin, right, up = shown(0, 0), shown(far, 0), shown(0, far)
    return Affine(
        origin,
        ((right[0] - origin[0]) / far, (right[1] - origin[1]) / far),
        ((up[0] - origin[0]) / far, (up[1] - origin[1]) / far),
    )
