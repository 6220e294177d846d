"""Documents that are no invoices, and PDFs that harm whoever opens them. They are small."""

import io
import zlib
from collections.abc import Callable, Mapping, Sequence

from PIL import Image

from infra.rydes.simulators.invoices import broken
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.sheet import Sheet


def pdf_of(*objects: bytes, version: bytes = b"1.4") -> bytes:
    """Write a PDF of these objects by hand. The first is its catalogue."""
    file = bytearray(b"%PDF-" + version + b"\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(file)


def no_pages() -> bytes:
    return pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>")


def pages_that_contain_each_other() -> bytes:
    """A tree of pages that is a circle."""
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
    )


def deeply_nested() -> bytes:
    """A page whose contents are a hundred thousand arrays, each in another."""
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Odd "
        + b"[" * 100_000
        + b"]" * 100_000
        + b" >>",
    )


def says_a_billion_pages() -> bytes:
    return pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 1000000000 >>")


def huge_stream() -> bytes:
    """A page whose contents are some hundred kilobytes here, and a quarter of a gigabyte when they are unpacked."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(256)) + packer.flush()
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    )


def pages(count: int) -> bytes:
    """A PDF of so many pages with some words."""
    sheet = Sheet()
    for number in range(count):
        if number:
            sheet.next_page()
        sheet.text(72, 72, f"Page {number + 1}")
    return sheet.pdf()


def renamed_jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("L", (40, 30), 255).save(file, "JPEG")
    return file.getvalue()


def truncated() -> bytes:
    return invented(7).pdf[:200]


BROKEN: Mapping[str, tuple[Callable[[], bytes], Sequence[str]]] = {
    "empty": (broken.empty, ["empty"]),
    "renamed PNG": (broken.renamed_picture, ["not-a-pdf"]),
    "renamed JPEG": (renamed_jpeg, ["not-a-pdf"]),
    "renamed HTML": (lambda: b"<!doctype html><title>Invoice</title>", ["not-a-pdf"]),
    "text": (broken.wrong_format, ["not-a-pdf"]),
    "poisoned": (lambda: broken.poisoned(1), ["damaged"]),
    "truncated": (truncated, ["damaged"]),
    "encrypted": (lambda: broken.encrypted(1), ["encrypted"]),
    "no pages": (no_pages, ["no-pages", "damaged"]),
    "a circle of pages": (pages_that_contain_each_other, ["no-pages", "damaged"]),
    "a billion pages": (says_a_billion_pages, ["no-pages", "damaged", "too-many-pages"]),
    "a huge page": (broken.huge_page, ["page-too-large"]),
    "a bomb": (broken.bomb, ["page-too-heavy"]),
}
"""What comes in, and why it is refused. Some PDFs are broken in more ways than one."""
