"""Scans: an invoice as pictures of its pages, with the noise and the slant of a scanner."""

import io
import random
from collections.abc import Iterator
from typing import Final

import pypdfium2 as pdfium
from PIL import Image
from reportlab.lib.utils import ImageReader

from infra.rydes.simulators.invoices.sheet import Paper, Sheet

DOTS_AN_INCH: Final = 150
_POINTS_AN_INCH: Final = 72
_QUALITY: Final = 80


def scanned(pdf: bytes, seed: int, *, noise: float = 0.06, slant: float = 0.6) -> bytes:
    """Make a PDF of pictures of a PDF's pages. `noise` is a share of full contrast, `slant` the most degrees."""
    sheet = Sheet(Paper())
    for index, picture in enumerate(pictures(pdf, seed, noise=noise, slant=slant)):
        if index:
            sheet.next_page()
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=_QUALITY)
        points = _POINTS_AN_INCH / DOTS_AN_INCH
        sheet.picture(ImageReader(file), picture.width * points, picture.height * points)
    return sheet.pdf()


def pictures(pdf: bytes, seed: int, *, noise: float = 0.06, slant: float = 0.6) -> Iterator[Image.Image]:
    """Take a grey picture of each page of a PDF."""
    draw = random.Random(seed)  # noqa: S311 - a simulation
    with pdfium.PdfDocument(pdf) as document:
        for page in document:
            drawn = page.render(scale=DOTS_AN_INCH / _POINTS_AN_INCH, grayscale=True).to_pil().convert("L")
            turned = drawn.rotate(draw.uniform(-slant, slant), Image.Resampling.BICUBIC, fillcolor=255)
            yield _noisy(turned, draw, noise)


def _noisy(picture: Image.Image, draw: random.Random, noise: float) -> Image.Image:
    if not noise:
        return picture
    dust = Image.frombytes("L", picture.size, draw.randbytes(picture.width * picture.height))
    return Image.blend(picture, dust, noise)
