"""The text of objects, whatever their names say."""

import json
from collections.abc import Callable, Iterator

import pytest

from infra.rydes.simulators.macie.pdf_process import PdfProcess
from infra.rydes.simulators.macie.rules import found_in
from infra.rydes.simulators.macie.texts import content_of
from tests.support.settlement import hostile

CARD, SSN = "4111111111111111", "078-05-1120"


def kinds_of(body: bytes | str, key: str = "x") -> set[str]:
    content = content_of(body.encode() if isinstance(body, str) else body, key)
    return {kind for piece in content.pieces for kind in found_in(piece)} if content else set()


def test_a_field_of_json_is_read_beside_its_name() -> None:
    body = json.dumps({"people": [{"credit_card": int(CARD), "ssn": SSN, "n": None}], "4": True})
    assert kinds_of(body) == {"CREDIT_CARD_NUMBER", "USA_SOCIAL_SECURITY_NUMBER"}
    content = content_of(body.encode(), "x.txt")
    assert content
    assert content.mime_type == "application/json"


@pytest.mark.parametrize(("by", "key"), [(",", "x.csv"), ("\t", "x.TSV")])
def test_a_cell_is_read_beside_the_name_of_its_column(by: str, key: str) -> None:
    rows = [by.join(["name", "social-security", "card"]), by.join(["A", SSN, CARD]), by.join(["B"] * 5)]
    assert kinds_of("\n".join(rows), key) == {"CREDIT_CARD_NUMBER", "USA_SOCIAL_SECURITY_NUMBER"}


def test_what_only_looks_like_json_or_csv_is_text() -> None:
    assert kinds_of("{card " + CARD) == {"CREDIT_CARD_NUMBER"}
    assert kinds_of("[" * 100_000 + f" card {CARD}") == {"CREDIT_CARD_NUMBER"}
    assert kinds_of(f"card {CARD}", "x.csv") == {"CREDIT_CARD_NUMBER"}


@pytest.fixture(scope="module")
def pdfs() -> Iterator[PdfProcess]:
    process = PdfProcess()
    yield process
    process.close()


@pytest.mark.parametrize("make", [*(make for make, _ in hostile.BROKEN.values()), hostile.deeply_nested])
def test_a_pdf_that_harms_its_reader_harms_nobody_else(pdfs: PdfProcess, make: Callable[[], bytes]) -> None:
    content_of(make(), "x.pdf", pdfs.pages)
    content = content_of(hostile.pages(2), "x.pdf", pdfs.pages)
    assert content
    assert len(content.pieces) == 2


def test_a_pdf_that_takes_too_long_is_given_up(pdfs: PdfProcess) -> None:
    assert pdfs.pages(hostile.huge_stream(), seconds=0.01) is None
    assert pdfs.pages(hostile.pages(1)) is not None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"a\0b", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_text_is_skipped(body: bytes) -> None:
    assert content_of(body, "x.txt") is None
