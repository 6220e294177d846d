"""Documents as Textract takes them, and what it does not take."""

import io
from collections.abc import Callable

import pypdfium2 as pdfium
import pytest
from PIL import Image

from infra.rydes.simulators.invoices import broken
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.scans import scanned
from infra.rydes.simulators.textract import documents, ocr
from infra.rydes.simulators.textract.analysis import analysed
from infra.rydes.simulators.textract.documents import Document, Page, format_of
from infra.rydes.simulators.textract.errors import TextractError


def picture(form: str, *, frames: int = 1) -> bytes:
    file = io.BytesIO()
    images = [Image.new("L", (80, 60), 255) for _ in range(frames)]
    if frames > 1:
        images[0].save(file, form, save_all=True, append_images=images[1:])
    else:
        images[0].save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_pictures_are_known_by_their_beginning(form: str) -> None:
    assert format_of(picture(form)) == form


def test_a_picture_that_is_named_like_a_pdf_is_a_picture() -> None:
    assert format_of(broken.renamed_picture()) == "PNG"


def test_a_tiff_has_several_pages() -> None:
    with Document(picture("TIFF", frames=3)) as document:
        assert document.count == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (broken.empty(), "BadDocumentException"),
        (broken.wrong_format(), "UnsupportedDocumentException"),
        (broken.poisoned(1), "BadDocumentException"),
        (broken.encrypted(1), "BadDocumentException"),
        (b"%PDF-1.7\n", "BadDocumentException"),
        (picture("PNG")[:12], "BadDocumentException"),
    ],
)
def test_what_cannot_be_opened_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(TextractError) as error:
        Document(content)
    assert error.value.code == code


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(documents.LARGEST, "PNG", 10)
    with pytest.raises(TextractError, match="DocumentTooLarge"):
        Document(picture("PNG"))


def test_a_document_of_more_pages_than_textract_takes_is_refused() -> None:
    new = pdfium.PdfDocument.new()
    for _ in range(documents.MOST_PAGES + 1):
        new.new_page(100, 100)
    file = io.BytesIO()
    new.save(file)
    with pytest.raises(TextractError, match="DocumentTooLarge"):
        Document(file.getvalue())


@pytest.mark.parametrize("make", [broken.huge_page, broken.bomb])
def test_a_page_beyond_the_limits_is_not_drawn(make: Callable[[], bytes]) -> None:
    analysis = analysed(make(), forms=True, seed="x")
    assert analysis.warnings == [{"ErrorCode": "PAGE_SIZE_EXCEEDED", "Pages": [1]}]
    assert analysis.blocks == []


def test_a_bomb_is_small_until_it_is_drawn() -> None:
    assert len(broken.bomb()) < 100_000


def test_words_have_their_places() -> None:
    with Document(broken.no_invoice()) as document:
        (page,) = document.pages()
    assert isinstance(page, Page)
    first = page.words[0]
    assert first.text == "Dear"
    assert first.polygon[0] == pytest.approx((72, 92.6), abs=1)
    assert first.polygon[2] == pytest.approx((94, 102), abs=3)


def test_a_scan_says_plainly_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: False)
    with Document(scanned(invented(0).pdf, 1)) as document:
        (unread,) = document.pages()
    assert not isinstance(unread, Page)
    assert unread[0] == 1
    assert "make ocr" in str(unread[1])


def test_a_page_without_text_or_picture_is_empty() -> None:
    new = pdfium.PdfDocument.new()
    new.new_page(100, 100)
    file = io.BytesIO()
    new.save(file)
    with Document(file.getvalue()) as document:
        (page,) = document.pages()
    assert isinstance(page, Page)
    assert page.words == []
