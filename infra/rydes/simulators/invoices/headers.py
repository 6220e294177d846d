"""The tops of invoices: who is paid, who pays, and what the paper calls itself."""

from collections.abc import Callable, Mapping
from typing import Final

from infra.rydes.simulators.invoices.layouts import Header
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.sheet import MARGIN, Align


def _title(pen: Pen, x: float, align: Align) -> None:
    pen.sheet.text(x, 62, pen.word("title"), 16, bold=True, align=align)


def _payer(pen: Pen, x: float, y: float) -> float:
    pen.sheet.text(x, y, pen.word("payer") + pen.draw.choice(["", ":"]), 9, bold=True)
    return pen.sheet.lines(x, y + 13, [pen.bill.payer.name, *pen.bill.payer.address])


def _letterhead(pen: Pen) -> None:
    sheet, payee = pen.sheet, pen.bill.payee
    sheet.text(MARGIN, 64, payee.name, 18, bold=True)
    sheet.lines(MARGIN, 80, payee.address, 8)
    _title(pen, sheet.right, "right")
    sheet.y = _payer(pen, MARGIN, 128) + 18


def _centred(pen: Pen) -> None:
    sheet, payee = pen.sheet, pen.bill.payee
    sheet.text(sheet.width / 2, 60, payee.name, 20, bold=True, align="center")
    sheet.lines(sheet.width / 2, 76, payee.address, 8, align="center")
    sheet.text(sheet.width / 2, 116, pen.word("title"), 12, align="center")
    sheet.y = _payer(pen, MARGIN, 140) + 18


def _window(pen: Pen) -> None:
    sheet, payee = pen.sheet, pen.bill.payee
    sheet.text(sheet.right, 58, payee.name, 17, bold=True, align="right")
    sheet.lines(sheet.right, 74, payee.address, 8, align="right")
    sheet.text(MARGIN, 124, f"{payee.name} · {' · '.join(payee.address)}", 6)
    sheet.lines(MARGIN, 140, [pen.bill.payer.name, *pen.bill.payer.address])
    sheet.text(MARGIN, 210, pen.word("title"), 14, bold=True)
    sheet.y = 236


def _columns(pen: Pen) -> None:
    sheet, payee = pen.sheet, pen.bill.payee
    _title(pen, MARGIN, "left")
    colon = pen.draw.choice(["", ":"])
    sheet.text(MARGIN, 92, pen.word("from") + colon, 9, bold=True)
    below = sheet.lines(MARGIN, 105, [payee.name, *payee.address])
    sheet.y = max(below, _payer(pen, sheet.width / 2 + 10, 92)) + 18


def _labelled(pen: Pen) -> None:
    sheet = pen.sheet
    _title(pen, MARGIN, "left")
    below = _payer(pen, MARGIN, 92)
    label = pen.word("payee") + ":"
    sheet.text(MARGIN, below + 8, label, 10)
    sheet.text(MARGIN + sheet.extent(label) + 6, below + 8, pen.bill.payee.name, 10)
    sheet.y = below + 32


def _logo(pen: Pen) -> None:
    sheet, payee = pen.sheet, pen.bill.payee
    sheet.box(sheet.right - 46, 40, 46, 26, fill=0.6)
    sheet.text(sheet.right, 84, payee.name, 15, bold=True, align="right")
    sheet.lines(sheet.right, 98, payee.address, 8, align="right")
    _title(pen, MARGIN, "left")
    sheet.y = _payer(pen, MARGIN, 96) + 24


HEADERS: Final[Mapping[Header, Callable[[Pen], None]]] = {
    "letterhead": _letterhead,
    "centred": _centred,
    "window": _window,
    "columns": _columns,
    "labelled": _labelled,
    "logo": _logo,
}
