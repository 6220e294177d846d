"""PDFs of strangers, opened in a process of its own: whatever happens there, this one says why."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from infra.rydes.simulators.invoices.made import invented
from settlement.adapters import pdf_reader
from settlement.adapters.pdf_reader import PdfProblem, PdfReader, ReaderDied, is_pdf
from tests.support.settlement import hostile

MEMORY, SECONDS = 512, 60
READER = PdfReader(MEMORY, SECONDS)


def way(pdf: bytes, directory: Path) -> str:
    """What becomes of a document: why it is refused, or that it is drawn."""
    if not is_pdf(pdf):
        return "not-a-pdf" if pdf else "empty"
    file = directory / "document.pdf"
    file.write_bytes(pdf)
    try:
        pages = range(1, READER.count(file) + 1)
        if not pages:
            return "no-pages"
        if len(pages) > 1000:
            return "too-many-pages"
        READER.split(file, directory, pages)
        READER.render(directory, pages)
    except PdfProblem as problem:
        return problem.reason
    except ReaderDied:
        return "died"
    return "drawn"


def test_an_invoice_becomes_pages_and_pictures(tmp_path: Path) -> None:
    made = invented(4, rides=60)
    assert way(made.pdf, tmp_path) == "drawn"
    pages = READER.count(tmp_path / "document.pdf")
    assert pages > 1
    for page in range(1, pages + 1):
        assert READER.count(tmp_path / f"{page}.pdf") == 1
        with Image.open(tmp_path / f"{page}.png") as picture:
            assert 1_000 < max(picture.size) <= 2_000
            low, high = picture.convert("L").getextrema()
            assert (low, high) == (0, 255), "something is drawn, on white"


@pytest.mark.parametrize("name", [*hostile.BROKEN])
def test_what_is_broken_has_a_reason(name: str, tmp_path: Path) -> None:
    make, reasons = hostile.BROKEN[name]
    assert way(make(), tmp_path) in reasons


@pytest.mark.parametrize("make", [hostile.deeply_nested, hostile.huge_stream])
def test_what_wants_too_much_is_survived(make: Any, tmp_path: Path) -> None:
    assert way(make(), tmp_path) in ("died", "damaged", "drawn", "no-pages")


def test_a_page_that_takes_too_many_bytes_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_reader, "_FILE_MIB", 0)
    assert way(hostile.pages(2), tmp_path) == "page-too-heavy"


def test_a_reader_that_hangs_or_wants_too_much_memory_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "document.pdf"
    file.write_bytes(hostile.pages(1))
    with pytest.raises(ReaderDied):
        PdfReader(16, SECONDS).count(file)
    with pytest.raises(ReaderDied, match="stopped after 0 s"):
        PdfReader(MEMORY, 0).count(file)


def test_a_reader_knows_nothing_of_its_callers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen: dict[str, Any] = {}
    run = subprocess.run

    def spy(command: list[str], **options: Any) -> Any:
        seen.update(options["env"])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", spy)
    assert way(hostile.pages(1), tmp_path) == "drawn"
    assert seen.keys() == {"PYTHONPATH"}


@pytest.mark.parametrize("said", [b"", b"nonsense", b'{"problem": "secret of the document"}'])
def test_a_reader_that_says_nonsense_has_died(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, said))
    with pytest.raises(ReaderDied):
        READER.count(Path("document.pdf"))
