"""Documents that are no invoice, or that nobody can read: what comes in besides, and must do no harm."""

import io
import random
import zlib
from typing import Final

from PIL import Image

from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.sheet import Paper, Sheet

HUGE_SIDE: Final = 30_000
"""Pixels of the picture in `bomb`: 900 MB once it is unpacked."""


def empty() -> bytes:
    """Nothing at all."""
    return b""


def poisoned(seed: int) -> bytes:
    """An invoice whose file was damaged on the way: the middle is noise, and the end is missing."""
    pdf = bytearray(invented(seed).pdf)
    draw = random.Random(seed)  # noqa: S311 - a simulation
    begin = 9
    noise = draw.randbytes(len(pdf) // 2)
    return bytes(pdf[:begin]) + noise


def encrypted(seed: int) -> bytes:
    """A PDF that wants a password."""
    sheet = Sheet(Paper(), password=f"secret-{seed}")
    sheet.text(72, 72, "Invoice 1")
    return sheet.pdf()


def no_invoice() -> bytes:
    """A PDF with text that is about something else."""
    sheet = Sheet()
    sheet.lines(72, 100, ["Dear all,", "the office is closed on 24 December 2026.", "We owe you 12 hours."])
    return sheet.pdf()


def renamed_picture() -> bytes:
    """A PNG that somebody has named invoice.pdf."""
    file = io.BytesIO()
    Image.new("L", (400, 300), 255).save(file, "PNG")
    return file.getvalue()


def wrong_format() -> bytes:
    """A text, whatever its name says."""
    return b"Invoice 1\nAmount due: USD 12.50\n"


def huge_page() -> bytes:
    """A page that is 20,000 points wide and high: 277 inches."""
    return _pdf_of(b"BT /F1 12 Tf 72 72 Td (Invoice 1) Tj ET", 20_000)


def bomb() -> bytes:
    """A page with a picture that is some kilobytes in the file and most of a gigabyte when it is drawn."""
    runs = b"\x81\x00" * (HUGE_SIDE * HUGE_SIDE // 128 + 1)  # each is 128 zeros
    packed = zlib.compress(runs, 9)
    picture = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter [/FlateDecode /RunLengthDecode] /Length %d >>\nstream\n%s\nendstream"
        % (HUGE_SIDE, HUGE_SIDE, len(packed), packed)
    )
    return _pdf_of(b"q 500 0 0 700 50 50 cm /X1 Do Q", 842, picture)


def _pdf_of(drawing: bytes, side: int, picture: bytes | None = None) -> bytes:
    """Write a PDF of one page by hand: what draws PDFs does not draw these."""
    resources = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << %s %s >> >>"
        % (side, side, resources, b"/XObject << /X1 5 0 R >>" if picture else b""),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        *([picture] if picture else []),
    ]
    file = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(file)
