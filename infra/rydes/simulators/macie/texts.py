"""The text of an object: of a PDF, of JSON and CSV with the names of fields beside their values, and of what else is text."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.rydes.simulators.macie.pdf_process import text_of

ReadPdf = Callable[[bytes], list[str] | None]
"""Reads the text of each page of a PDF. None if it cannot be opened."""

LARGEST: Final = 64 * 2**20
"""Bytes. Macie takes larger ones; nobody sends them to a local cloud."""
_SNIFFED: Final = 1024


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds: its MIME type, and its text in pieces. A number and its keyword are in one piece."""

    mime_type: str
    pieces: list[str]


def content_of(body: bytes, key: str, read_pdf: ReadPdf = text_of) -> Content | None:
    """Read an object. None if Macie would skip it: it is empty, of another kind, or cannot be opened."""
    if b"%PDF-" in body[:_SNIFFED]:
        pages = read_pdf(body)
        return None if pages is None else Content("application/pdf", pages)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    return _content_of_text(text, key) if text and "\0" not in text else None


def _content_of_text(text: str, key: str) -> Content:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return Content("application/json", [*_fields(json.loads(text))])
        except (ValueError, RecursionError):
            return Content("text/plain", [text])
    if key.lower().endswith((".csv", ".tsv")):
        return Content("text/csv", [*_cells(text)])
    return Content("text/plain", [text])


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
