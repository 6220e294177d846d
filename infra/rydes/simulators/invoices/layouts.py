"""The layouts: which header, which facts, which table and which totals an invoice has, and in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Header = Literal["letterhead", "centred", "window", "columns", "labelled", "logo"]
Facts = Literal["colons", "two-columns", "captions-above", "captions-below", "table", "right-box", "one-line"]
Table = Literal["plain", "parts", "running", "numbered", "two-up", "described"]
Totals = Literal["box", "big", "caption-below", "sentence", "row", "statement", "slip", "two-columns"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How an invoice looks. `net`: it gives days of payment instead of a due date."""

    name: str
    languages: Sequence[str]
    header: Header
    facts: Facts
    table: Table
    totals: Totals
    family: str = "Helvetica"
    format: str = "a4"
    net: bool = False


LAYOUTS: Final[Sequence[Layout]] = (
    Layout("letter", ("en",), "letterhead", "colons", "plain", "box", format="letter"),
    Layout("two-columns", ("en", "it"), "letterhead", "two-columns", "parts", "two-columns"),
    Layout("captions", ("en", "fr"), "logo", "captions-above", "numbered", "big"),
    Layout("captions-below", ("en", "es"), "centred", "captions-below", "plain", "caption-below"),
    Layout("table", ("en", "de"), "columns", "table", "parts", "box", family="Times"),
    Layout("window", ("de",), "window", "right-box", "plain", "sentence"),
    Layout(
        "statement", ("en", "de", "fr"), "letterhead", "right-box", "running", "statement", format="letter"
    ),
    Layout("slip", ("en", "it"), "labelled", "colons", "described", "slip", family="Courier"),
    Layout("two-up", ("en", "de"), "letterhead", "table", "two-up", "two-columns"),
    Layout("total-row", ("es", "fr", "it"), "columns", "two-columns", "numbered", "row", family="Times"),
    Layout("net", ("en", "de", "es"), "letterhead", "colons", "plain", "box", net=True),
    Layout("net-caption", ("en", "fr", "it"), "centred", "captions-above", "parts", "big", net=True),
    Layout("sentence", ("en", "fr", "es", "it"), "labelled", "one-line", "described", "sentence"),
    Layout("one-line", ("en", "de"), "logo", "one-line", "running", "box", family="Times"),
    Layout("french-box", ("fr",), "window", "table", "plain", "box"),
    Layout("spanish-slip", ("es",), "columns", "captions-above", "plain", "slip", family="Courier"),
)
