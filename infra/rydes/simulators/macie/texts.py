"""The text of an object: of a PDF, of JSON and CSV with the names of fields beside their values, and of what else is text."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

LARGEST: Final = 64 * 2**20
"""Bytes. Macie takes larger ones; nobody sends them to a local cloud."""
_SNIFFED: Final = 1024


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds: its MIME type, and its text in pieces. A number and its keyword are in one piece."""

    mime_type: str
    pieces: list[str]


def content_of(body: bytes, key: str) -> Content | None:
    """Read an object. None if Macie would skip it: it is empty, of another kind, or cannot be opened."""
    if not body:
        return None
    if b"%PDF-" in body[:_SNIFFED]:
        return _pdf(body)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return Content("application/json", [*_fields(json.loads(text))])
        except (ValueError, RecursionError):
            return Content("text/plain", [text])
    if key.lower().endswith((".csv", ".tsv")):
        return Content("text/csv", [*_cells(text)])
    return Content("text/plain", [text])


def _pdf(body: bytes) -> Content | None:
    import pypdfium2 as pdfium  # noqa: PLC0415 - most simulators never see a document

    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError:
        return None
    pieces = []
    try:
        for index in range(len(document)):
            try:
                pieces.append(document[index].get_textpage().get_text_range())
            except pdfium.PdfiumError:
                continue  # a broken page hides no others
    finally:
        document.close()
    return Content("application/pdf", pieces)


def _fields(value: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, name)
    elif value is not None:
        yield f"{_spaced(name)}: {value}"


def _cells(text: str) -> Iterator[str]:
    rows = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
    try:
        names = next(rows, [])
        yield " ".join(names)
        for row in rows:
            for index, cell in enumerate(row):
                yield f"{_spaced(names[index]) if index < len(names) else ''}: {cell}"
    except csv.Error:
        yield text


def _spaced(name: str) -> str:
    """A field's name as people write it, and as it is: `credit_card` says credit card."""
    return f"{name} {name.replace('_', ' ').replace('-', ' ')}"
