"""Text on pictures. What reads them is optional, because it is 300 MB: `make ocr` installs it."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from infra.rydes.simulators.textract.errors import PageError
from infra.rydes.simulators.textract.words import Point, Polygon, Word

if TYPE_CHECKING:
    from PIL.Image import Image

MISSING: Final = (
    "this page has no text but in its picture, and nothing is installed that reads pictures: run `make ocr`"
)
_LIBRARY: Final = "rapidocr_onnxruntime"
_LONGEST_SIDE = 2_400
"""Pixels. More would take longer and find no more."""


def installed() -> bool:
    """Tell whether pictures can be read here."""
    return find_spec(_LIBRARY) is not None


def words_in(picture: "Image", width: float, height: float) -> list[Word]:
    """Read a picture that fills a page of this many points.

    Raises:
        PageError: what reads pictures is not installed.
    """
    if not installed():
        raise PageError("OCR_NOT_INSTALLED", MISSING)
    picture = picture.convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    found, _ = _reader()(picture)
    across, down = width / picture.width, height / picture.height
    words: list[Word] = []
    for corners, text, score in found or []:
        upper_left, upper_right, lower_right, lower_left = ((x * across, y * down) for x, y in corners)
        words += _divided((upper_left, upper_right, lower_right, lower_left), text, float(score) * 100)
    return words


def _divided(polygon: Polygon, text: str, confidence: float) -> list[Word]:
    """Divide a line, of which the reader says only the place, into words in proportion to their letters."""
    words, at = [], 0
    for part in text.split():
        begin = text.index(part, at)
        at = begin + len(part)
        share = begin / len(text), at / len(text)
        upper_left, upper_right = (_between(polygon[0], polygon[1], s) for s in share)
        lower_left, lower_right = (_between(polygon[3], polygon[2], s) for s in share)
        words.append(Word(part, (upper_left, upper_right, lower_right, lower_left), confidence))
    return words


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


@cache
def _reader() -> Any:  # noqa: ANN401 - it has no types
    return import_module(_LIBRARY).RapidOCR()
