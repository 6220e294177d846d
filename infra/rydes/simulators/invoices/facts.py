"""What an invoice says of itself: its number, its dates, and numbers that mean nothing here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from infra.rydes.simulators.invoices.layouts import Facts
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.sheet import MARGIN

Named: TypeAlias = Sequence[tuple[str, str]]
"""Labels and their values."""

_HAS_ANOTHER_NUMBER, _HAS_ANOTHER_DATE = 0.5, 0.3
"""The shares of invoices with the number of a customer or an order, and with the day of printing."""
_ROW = 15.0


def write_facts(pen: Pen) -> None:
    """Write number, dates and what else an invoice says of itself, in the way of its layout."""
    bill, style = pen.bill, pen.style
    facts = [("number", bill.number), ("issued", style.date(bill.issued))]
    if pen.layout.totals != "sentence" and bill.net_days is None:
        facts.append(("due", style.date(bill.due)))
    if pen.draw.random() < _HAS_ANOTHER_NUMBER:
        facts.insert(1, (pen.draw.choice(["customer", "order"]), str(pen.draw.randrange(10_000, 99_999))))
    if pen.draw.random() < _HAS_ANOTHER_DATE and pen.layout.facts in {
        "colons",
        "two-columns",
        "right-box",
    }:
        facts.append(("printed", style.date(bill.issued)))
    named = [(pen.word(kind), value) for kind, value in facts]
    _FACTS[pen.layout.facts](pen, named)
    if bill.net_days is not None:
        pen.sheet.text(MARGIN, pen.sheet.y, pen.word("net").format(days=bill.net_days), 9)
        pen.sheet.y += 16
    pen.sheet.y += 10


def _colons(pen: Pen, facts: Named) -> None:
    for label, value in facts:
        pen.sheet.text(MARGIN, pen.sheet.y, f"{label}: {value}")
        pen.sheet.y += _ROW


def _two_columns(pen: Pen, facts: Named) -> None:
    for label, value in facts:
        pen.sheet.text(MARGIN, pen.sheet.y, label, bold=True)
        pen.sheet.text(MARGIN + 150, pen.sheet.y, value)
        pen.sheet.y += _ROW


def _right_box(pen: Pen, facts: Named) -> None:
    sheet = pen.sheet
    left = sheet.right - 210
    sheet.box(left - 8, sheet.y - 12, 218, len(facts) * _ROW + 6)
    for label, value in facts:
        sheet.text(left, sheet.y, label, 9)
        sheet.text(sheet.right, sheet.y, value, 9, align="right")
        sheet.y += _ROW


def _cells(pen: Pen, facts: Named, *, below: bool) -> None:
    sheet = pen.sheet
    width = (sheet.right - MARGIN) / len(facts)
    for index, (label, value) in enumerate(facts):
        x = MARGIN + index * width
        sheet.text(x, sheet.y + (14 if below else 0), label, 8)
        size = min(10.0, 10.0 * (width - 16) / sheet.extent(value, 10, bold=True))
        sheet.text(x, sheet.y + (0 if below else 14), value, size, bold=True)
    sheet.y += 40


def _captions_above(pen: Pen, facts: Named) -> None:
    _cells(pen, facts, below=False)


def _captions_below(pen: Pen, facts: Named) -> None:
    _cells(pen, facts, below=True)


def _table(pen: Pen, facts: Named) -> None:
    sheet = pen.sheet
    width = (sheet.right - MARGIN) / len(facts)
    for index, (label, value) in enumerate(facts):
        x = MARGIN + index * width
        sheet.box(x, sheet.y - 12, width, 18)
        sheet.box(x, sheet.y + 6, width, 18)
        sheet.text(x + width / 2, sheet.y, label, 9, bold=True, align="center")
        sheet.text(x + width / 2, sheet.y + 18, value, 9, align="center")
    sheet.y += 46


def _one_line(pen: Pen, facts: Named) -> None:
    x = MARGIN
    for label, value in facts:
        text = f"{label}: {value}"
        if x + pen.sheet.extent(text, 9) > pen.sheet.right:
            x, pen.sheet.y = MARGIN, pen.sheet.y + _ROW
        pen.sheet.text(x, pen.sheet.y, text, 9)
        x += pen.sheet.extent(text, 9) + 24
    pen.sheet.y += _ROW


_FACTS: Final[Mapping[Facts, Callable[[Pen, Named], None]]] = {
    "colons": _colons,
    "two-columns": _two_columns,
    "captions-above": _captions_above,
    "captions-below": _captions_below,
    "table": _table,
    "right-box": _right_box,
    "one-line": _one_line,
}
