"""Scans: pictures of pages, and no text."""

import pypdfium2 as pdfium
from pypdfium2 import raw

from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.scans import pictures, scanned


def test_a_scan_has_the_pages_and_sizes_and_no_text() -> None:
    made = invented(0, rides=60)
    with pdfium.PdfDocument(made.pdf) as before, pdfium.PdfDocument(scanned(made.pdf, 1)) as after:
        assert len(before) == len(after) == 2
        for old, new in zip(before, after, strict=True):
            assert abs(old.get_width() - new.get_width()) < 2
            assert new.get_textpage().count_chars() == 0
            assert len(list(new.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))) == 1


def test_a_seed_makes_the_same_scan_each_time() -> None:
    pdf = invented(0).pdf
    assert scanned(pdf, 1) == scanned(pdf, 1)
    assert scanned(pdf, 1) != scanned(pdf, 2)


def test_without_noise_paper_is_white() -> None:
    (clean,), (noisy,) = (list(pictures(invented(0).pdf, 1, noise=noise, slant=0)) for noise in (0, 0.3))
    assert clean.getpixel((5, 5)) == 255
    assert len(noisy.crop((0, 0, 40, 40)).getcolors() or []) > 10
