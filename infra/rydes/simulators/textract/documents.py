"""Documents as Textract takes them: PDF, PNG, JPEG and TIFF within its limits, page by page.

The limits: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import pypdfium2 as pdfium
from PIL import Image, UnidentifiedImageError
from pypdfium2 import raw

from infra.rydes.simulators.textract import ocr
from infra.rydes.simulators.textract.errors import PageError, TextractError
from infra.rydes.simulators.textract.pdf_text import PDFIUM, words_of
from infra.rydes.simulators.textract.words import Word

Format = Literal["PDF", "PNG", "JPEG", "TIFF"]

LARGEST: Final = {"PDF": 500_000_000, "TIFF": 500_000_000, "PNG": 10_000_000, "JPEG": 10_000_000}
"""Bytes."""
MOST_PAGES: Final = 3_000
WIDEST_PAGE: Final = 9_000.0
"""Points. AWS says 40 inches and 9000 points in one sentence; this is the larger of the two."""
WIDEST_PICTURE: Final = 10_000
"""Pixels."""
_SHARP: Final = 200 / 72
"""Pixels of a picture's page for each point: 200 dots an inch."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of this many points, or pixels, and its words."""

    number: int
    width: float
    height: float
    words: list[Word]


class Document:
    """An opened document. `count` is its number of pages. Close it, or use it as a context.

    Raises TextractError when it is made: UnsupportedDocumentException for any other format, DocumentTooLargeException, and
    BadDocumentException for what cannot be opened: nothing, nonsense, or a PDF that wants a password.
    """

    def __init__(self, content: bytes) -> None:
        self.format = format_of(content)
        if len(content) > LARGEST[self.format]:
            raise TextractError(
                "DocumentTooLargeException", f"{len(content)} bytes are too many for {self.format}"
            )
        self._pdf: Any = _open_pdf(content) if self.format == "PDF" else None
        self._picture = None if self._pdf else _open_picture(content)
        self.count = len(self._pdf) if self._pdf else int(getattr(self._picture, "n_frames", 1))
        if not 0 < self.count <= MOST_PAGES:
            self.close()
            raise TextractError(
                "DocumentTooLargeException" if self.count else "BadDocumentException",
                f"the document has {self.count} pages",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its memory."""
        if self._pdf:
            with PDFIUM:
                self._pdf.close()

    def pages(self) -> Iterator[Page | tuple[int, PageError]]:
        """Read page after page: its words, or its number and why it cannot be read."""
        for index in range(self.count):
            try:
                yield self._pdf_page(index) if self._pdf else self._picture_page(index)
            except PageError as error:
                yield index + 1, error

    def _pdf_page(self, index: int) -> Page:
        with PDFIUM:
            try:
                page = self._pdf[index]
            except pdfium.PdfiumError as error:
                raise PageError("PAGE_NOT_READABLE", str(error)) from error
            try:
                width, height = page.get_size()
                if max(width, height) > WIDEST_PAGE:
                    raise PageError("PAGE_SIZE_EXCEEDED", f"{width:.0f} by {height:.0f} points")
                words = words_of(page)
                if words or not _has_picture(page):
                    return Page(index + 1, width, height, words)
                picture = page.render(scale=_SHARP).to_pil()
            finally:
                page.close()
        return Page(index + 1, width, height, ocr.words_in(picture, width, height))

    def _picture_page(self, index: int) -> Page:
        picture = self._picture
        assert picture is not None  # noqa: S101 - not a PDF
        picture.seek(index)
        width, height = picture.size
        if max(width, height) > WIDEST_PICTURE:
            raise PageError("PAGE_SIZE_EXCEEDED", f"{width} by {height} pixels")
        try:
            return Page(index + 1, width, height, ocr.words_in(picture, width, height))
        except OSError as error:  # the rest of the file is missing
            raise PageError("PAGE_NOT_READABLE", str(error)) from error


def format_of(content: bytes) -> Format:
    """Tell a document's format by how it begins, whatever its name is.

    Raises TextractError: UnsupportedDocumentException, or BadDocumentException if it is empty.
    """
    if not content:
        raise TextractError("BadDocumentException", "the document is empty")
    if b"%PDF-" in content[:1024]:
        return "PDF"
    beginnings: dict[bytes, Format] = {
        b"\x89PNG\r\n\x1a\n": "PNG",
        b"\xff\xd8\xff": "JPEG",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
    }
    for beginning, found in beginnings.items():
        if content.startswith(beginning):
            return found
    raise TextractError("UnsupportedDocumentException", "Request has unsupported document format")


def _open_pdf(content: bytes) -> pdfium.PdfDocument:
    with PDFIUM:
        try:
            return pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            raise TextractError("BadDocumentException", f"the PDF cannot be opened: {error}") from error


def _open_picture(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise TextractError("BadDocumentException", f"the picture cannot be opened: {error}") from error


def _has_picture(page: pdfium.PdfPage) -> bool:
    """Tell whether there is a picture on a page. Raises PageError for one that is too large to be drawn."""
    found = False
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        found = True
        if max(picture.get_px_size()) > WIDEST_PICTURE:
            raise PageError("PAGE_SIZE_EXCEEDED", "a picture on it is larger than 10000 pixels")
    return found
