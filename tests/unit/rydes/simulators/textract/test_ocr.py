"""Scans are read, where what reads them is installed: `make ocr`."""

import io

import pytest

from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.scans import pictures, scanned
from infra.rydes.simulators.textract import ocr
from infra.rydes.simulators.textract.analysis import analysed
from settlement.domain.deciding import Approved, decide
from tests.support.settlement.invoices import (
    account_of,
    off_by_one_digit,
    read_pdf,
    tampered,
    value,
    with_ride,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ocr.installed(), reason="what reads scans is not installed: make ocr"),
]
SEEDS = (20_002, 20_003, 20_008, 20_010)


def straight(seed: int) -> bytes:
    """A scan of an invoice of three rides that lies as it should."""
    while (made := invented(seed, rides=3)).paper.turn:
        seed += 16
    return scanned(made.pdf, seed)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_a_picture_is_read(form: str) -> None:
    (page,) = pictures(invented(20_000, rides=2).pdf, 1)
    file = io.BytesIO()
    page.save(file, form)
    analysis = analysed(file.getvalue(), forms=True, seed="x")
    words = [block["Text"] for block in analysis.blocks if block["BlockType"] == "WORD"]
    assert len(words) > 20
    assert all(0 <= block["Confidence"] <= 100 for block in analysis.blocks if "Confidence" in block)


def test_most_totals_of_scans_are_read() -> None:
    read = [(invented(seed, rides=3), read_pdf(scanned(invented(seed, rides=3).pdf, seed))) for seed in SEEDS]
    right = [value(invoice.total) == made.bill.total for made, invoice in read]
    assert sum(right) >= len(SEEDS) - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_scan_of_a_forged_invoice_is_not_approved(seed: int) -> None:
    made = invented(seed, rides=3)
    forged = with_ride(made.bill, 1, off_by_one_digit(made.bill.rides[1].amount, seed))
    assert tampered(made, forged).lines
    decision = decide(read_pdf(scanned(made.pdf, seed)), account_of(forged), made.bill.issued)
    assert not isinstance(decision, Approved)
