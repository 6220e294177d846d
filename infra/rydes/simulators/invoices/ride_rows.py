"""The table of rides: which columns it has, and how it goes on from page to page."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from infra.rydes.simulators.invoices.bill import Ride
from infra.rydes.simulators.invoices.layouts import Table
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.sheet import MARGIN, Align

Column: TypeAlias = tuple[str, float, Align, Callable[[int, Ride], str]]
"""Heading, place (the left or right end of its texts), and what it says of the ride at an index."""

ROW = 14.0


def _columns(pen: Pen) -> list[Column]:
    style, right = pen.style, pen.sheet.right
    word = pen.word
    running = [Decimal(0)]
    for ride in pen.bill.rides:
        running.append(running[-1] + ride.amount)

    def fare(ride: Ride) -> Decimal:
        return (ride.amount * 9 / 10).quantize(Decimal("0.01"))

    ride_: Column = (word("ride"), MARGIN, "left", lambda _, ride: ride.id)
    day: Column = (word("date"), MARGIN + 230, "left", lambda _, ride: style.date(ride.on))
    amount: Column = (word("amount"), right, "right", lambda _, ride: style.number(ride.amount))
    columns: dict[Table, list[Column]] = {
        "plain": [ride_, day, amount],
        "parts": [
            ride_,
            day,
            (word("fare"), right - 130, "right", lambda _, ride: style.number(fare(ride))),
            (word("tip"), right - 70, "right", lambda _, ride: style.number(ride.amount - fare(ride))),
            amount,
        ],
        "running": [
            (word("date"), MARGIN, "left", lambda _, ride: style.date(ride.on)),
            (word("ride"), MARGIN + 110, "left", lambda _, ride: ride.id),
            (word("amount"), right - 80, "right", lambda _, ride: style.number(ride.amount)),
            (word("running"), right, "right", lambda index, _: style.number(running[index + 1])),
        ],
        "numbered": [
            ("#", MARGIN, "left", lambda index, _: str(index + 1)),
            (word("ride"), MARGIN + 30, "left", lambda _, ride: ride.id),
            (word("date"), MARGIN + 250, "left", lambda _, ride: style.date(ride.on)),
            (word("amount"), right, "right", lambda _, ride: style.amount(ride.amount)),
        ],
        "described": [ride_, amount],
        "two-up": [
            (word("ride"), MARGIN, "left", lambda _, ride: ride.id),
            (word("amount"), MARGIN + 230, "right", lambda _, ride: style.number(ride.amount)),
        ],
    }
    return columns[pen.layout.table]


def _head(pen: Pen, columns: Sequence[Column], shift: float = 0) -> None:
    for heading, x, align, _ in columns:
        pen.sheet.text(x + shift, pen.sheet.y, heading, 8, bold=True, align=align)


def write_rides(pen: Pen) -> None:
    """Write the table of rides, on as many pages as it needs."""
    sheet, columns, table = pen.sheet, _columns(pen), pen.layout.table
    shifts = [0.0, (sheet.width - 2 * MARGIN) / 2 + 10] if table == "two-up" else [0.0]
    described = table == "described"
    index = 0
    while index < len(pen.bill.rides):
        for shift in shifts:
            _head(pen, columns, shift)
        sheet.rule(MARGIN, sheet.y + 4, sheet.right)
        sheet.y += ROW + 2
        while index < len(pen.bill.rides) and sheet.room > ROW * (1 + described):
            for shift in shifts:
                if index < len(pen.bill.rides):
                    _row(pen, columns, index, shift)
                    index += 1
            sheet.y += ROW
            if described:
                ride = pen.bill.rides[index - 1]
                sheet.text(MARGIN + 12, sheet.y - 3, f"{pen.style.date(ride.on)}, {1 + index % 23} km", 7)
                sheet.y += ROW
        if index < len(pen.bill.rides):
            pen.number_page()
            sheet.next_page()
    pen.sheet.y += 8


def _row(pen: Pen, columns: Sequence[Column], index: int, shift: float) -> None:
    size = 6.6 if pen.sheet.font() == "Courier" else 8
    for _, x, align, text in columns:
        pen.sheet.text(x + shift, pen.sheet.y, text(index, pen.bill.rides[index]), size, align=align)
