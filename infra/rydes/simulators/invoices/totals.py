"""What is to be paid, and the amounts beside it that are something else."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from infra.rydes.simulators.invoices.layouts import Totals
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.sheet import MARGIN

_ROOM = 150.0
"""Points, enough for each kind of totals."""


def _parts(pen: Pen) -> list[tuple[str, Decimal]]:
    net = (pen.bill.total * 5 / 6).quantize(Decimal("0.01"))
    return [(pen.word("subtotal"), net), (pen.word("tax"), pen.bill.total - net)]


def write_totals(pen: Pen) -> None:
    """Write what is to be paid, in the way of the layout. A statement has said so before its rides."""
    if pen.sheet.room < _ROOM:
        pen.number_page()
        pen.sheet.next_page()
    if pen.layout.totals != "statement":
        _TOTALS[pen.layout.totals](pen)


def _box(pen: Pen) -> None:
    sheet, style = pen.sheet, pen.style
    rows = [(label, style.number(amount)) for label, amount in _parts(pen)]
    rows.append((pen.word("total"), style.amount(pen.bill.total)))
    sheet.rule(sheet.right - 220, sheet.y - 10, sheet.right)
    for label, value in rows:
        last = label == rows[-1][0]
        sheet.text(sheet.right - 220, sheet.y + 4, label, 10, bold=last)
        sheet.text(sheet.right, sheet.y + 4, value, 10, bold=last, align="right")
        sheet.y += 16


def _two_columns(pen: Pen) -> None:
    sheet, style = pen.sheet, pen.style
    for label, amount in _parts(pen):
        sheet.text(MARGIN, sheet.y + 4, f"{label}: {style.number(amount)}")
        sheet.y += 16
    sheet.text(MARGIN, sheet.y + 4, f"{pen.word('total')}: {style.amount(pen.bill.total)}", bold=True)
    sheet.y += 16


def _big(pen: Pen) -> None:
    sheet = pen.sheet
    sheet.text(MARGIN, sheet.y + 8, pen.word("total").upper(), 8)
    sheet.text(MARGIN, sheet.y + 34, pen.style.amount(pen.bill.total), 20, bold=True)
    sheet.y += 60


def _caption_below(pen: Pen) -> None:
    sheet = pen.sheet
    sheet.text(sheet.right, sheet.y + 24, pen.style.amount(pen.bill.total), 18, bold=True, align="right")
    sheet.text(sheet.right, sheet.y + 38, pen.word("total"), 8, align="right")
    sheet.y += 60


def _sentence(pen: Pen) -> None:
    sheet, style, bill = pen.sheet, pen.style, pen.bill
    label = pen.word("grand")
    sheet.text(sheet.right - 220, sheet.y + 4, label, bold=True)
    sheet.text(sheet.right, sheet.y + 4, style.amount(bill.total), bold=True, align="right")
    text = pen.word("sentence").format(amount=style.amount(bill.total), due=style.date(bill.due))
    sheet.text(MARGIN, sheet.y + 40, text)
    sheet.y += 60


def _row(pen: Pen) -> None:
    sheet = pen.sheet
    sheet.rule(MARGIN, sheet.y - 12, sheet.right)
    sheet.text(MARGIN, sheet.y, pen.word("total"), 9, bold=True)
    sheet.text(sheet.right, sheet.y, pen.style.amount(pen.bill.total), 9, bold=True, align="right")
    sheet.y += 20


def _slip(pen: Pen) -> None:
    sheet, style, bill = pen.sheet, pen.style, pen.bill
    _row(pen)
    sheet.rule(MARGIN, sheet.y + 16, sheet.right)
    rows = [
        (pen.word("payee"), bill.payee.name),
        (pen.word("number"), bill.number),
        (pen.word("due"), style.date(bill.due)),
        (pen.word("total"), style.amount(bill.total)),
    ]
    for index, (label, value) in enumerate(rows):
        sheet.text(MARGIN, sheet.y + 40 + index * 16, label + ":", 9)
        sheet.text(MARGIN + 170, sheet.y + 40 + index * 16, value, 9)
    sheet.y += 110


def write_statement(pen: Pen) -> None:
    """Write how what is to be paid came about."""
    sheet, style, bill = pen.sheet, pen.style, pen.bill
    old = Decimal(pen.draw.randrange(10_000, 90_000)) / 100
    rows = [
        (pen.word("previous"), style.number(old)),
        (pen.word("paid"), f"-{style.number(old)}"),
        (pen.word("charges"), style.number(bill.total)),
        (pen.word("total"), style.amount(bill.total)),
    ]
    for index, (label, value) in enumerate(rows):
        bold = index == len(rows) - 1
        sheet.text(MARGIN, sheet.y, label, 10, bold=bold)
        sheet.text(MARGIN + 220, sheet.y, value, 10, bold=bold, align="right")
        sheet.y += 16
    sheet.y += 10


_TOTALS: Final[Mapping[Totals, Callable[[Pen], None]]] = {
    "box": _box,
    "big": _big,
    "caption-below": _caption_below,
    "sentence": _sentence,
    "row": _row,
    "slip": _slip,
    "two-columns": _two_columns,
}
