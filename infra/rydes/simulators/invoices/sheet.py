"""Paper to draw on: points from the top left corner, on pages that may lie on their side or askew.

reportlab writes the PDF: it can turn a page and the drawing on it, encrypts without another library, has € and umlauts in
its built-in fonts, and writes the same bytes each time (`invariant`).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

PAPERS: Final = {"a4": A4, "letter": LETTER}
MARGIN: Final = 50.0
BOTTOM: Final = 70.0

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Paper:
    """The format, how the pages lie (`turn`: 0, 90, 180 or 270 degrees), and by how many degrees the drawing is askew."""

    format: str = "a4"
    turn: int = 0
    skew: float = 0.0


class Sheet:
    """Draws page after page. `y` is where the next line of running text goes."""

    def __init__(
        self, paper: Paper = Paper(), *, family: str = "Helvetica", password: str | None = None
    ) -> None:
        self.width, self.height = (float(side) for side in PAPERS[paper.format])
        self.y = MARGIN
        self.page = 1
        self._paper, self._family = paper, family
        self._file = io.BytesIO()
        encrypt = StandardEncryption(password, strength=128) if password else None
        # reportlab takes the size of the page as it is displayed.
        size = (self.width, self.height) if paper.turn % 180 == 0 else (self.height, self.width)
        self._canvas = Canvas(self._file, pagesize=size, invariant=1, pageCompression=1, encrypt=encrypt)
        self._lay()

    @property
    def right(self) -> float:
        """The right margin."""
        return self.width - MARGIN

    @property
    def room(self) -> float:
        """Points from `y` to the bottom margin."""
        return self.height - BOTTOM - self.y

    def font(self, *, bold: bool = False) -> str:
        """The name of the font, or of its bold cut."""
        regular = {"Times": "Times-Roman"}.get(self._family, self._family)
        return f"{self._family}-Bold" if bold else regular

    def extent(self, text: str, size: float = 10, *, bold: bool = False) -> float:
        """The width of a text."""
        return float(stringWidth(text, self.font(bold=bold), size))

    def text(
        self, x: float, y: float, text: str, size: float = 10, *, bold: bool = False, align: Align = "left"
    ) -> None:
        """Write a text whose baseline is at `y`; `x` is its left end, its right end or its middle."""
        self._canvas.setFont(self.font(bold=bold), size)
        draw = {
            "left": self._canvas.drawString,
            "right": self._canvas.drawRightString,
            "center": self._canvas.drawCentredString,
        }[align]
        draw(x, self.height - y, text)

    def lines(
        self, x: float, y: float, texts: Sequence[str], size: float = 10, *, align: Align = "left"
    ) -> float:
        """Write texts below each other, and return where the next would go."""
        for text in texts:
            self.text(x, y, text, size, align=align)
            y += size * 1.3
        return y

    def rule(self, x: float, y: float, to: float) -> None:
        """Draw a horizontal line."""
        self._canvas.line(x, self.height - y, to, self.height - y)

    def box(self, x: float, y: float, width: float, height: float, *, fill: float | None = None) -> None:
        """Draw a rectangle from its upper left corner, filled with a grey from 0 to 1 if one is given."""
        if fill is not None:
            self._canvas.setFillGray(fill)
        self._canvas.rect(x, self.height - y - height, width, height, fill=int(fill is not None))
        self._canvas.setFillGray(0)

    def picture(self, picture: object, width: float, height: float) -> None:
        """Put a picture (reportlab's ImageReader) over the whole page, which has this size."""
        self._canvas.setPageSize((width, height))
        self._canvas.drawImage(picture, 0, 0, width, height)

    def next_page(self) -> None:
        """Begin another page."""
        self._canvas.showPage()
        self.page += 1
        self.y = MARGIN
        self._lay()

    def pdf(self) -> bytes:
        """End the document and return it."""
        self._canvas.showPage()  # one that is empty, too
        self._canvas.save()
        return self._file.getvalue()

    def _lay(self) -> None:
        self._canvas.setPageRotation(self._paper.turn)
        if self._paper.skew:
            self._canvas.translate(self.width / 2, self.height / 2)
            self._canvas.rotate(self._paper.skew)
            self._canvas.translate(-self.width / 2, -self.height / 2)
