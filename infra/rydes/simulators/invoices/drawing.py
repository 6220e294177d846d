"""Draws an invoice: header, facts, table and totals, each in the way of its layout."""

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

from infra.rydes.simulators.invoices.bill import Bill, Ride
from infra.rydes.simulators.invoices.layouts import Layout
from infra.rydes.simulators.invoices.sheet import MARGIN, Align, Sheet
from infra.rydes.simulators.invoices.styles import Style

Column = tuple[str, float, Align, Callable[[int, Ride], str]]
"""Heading, place (the left or right end of its texts), and what it says of the ride at an index."""

_HAS_ANOTHER_NUMBER, _HAS_ANOTHER_DATE = 0.5, 0.3
"""The shares of invoices with the number of a customer or an order, and with the day of printing."""
ROW = 14.0
_FACT = 15.0


@cache
def words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The words of each language: for each thing its names."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


class Drawing:
    """One invoice on its way to paper. `draw` chooses among words that say the same."""

    def __init__(self, sheet: Sheet, bill: Bill, layout: Layout, style: Style, draw: random.Random) -> None:
        self._sheet, self._bill, self._layout, self._style, self._draw = sheet, bill, layout, style, draw
        self._words = words()[style.language]

    def make(self) -> None:
        """Draw all pages."""
        getattr(self, f"_header_{self._layout.header}")()
        if self._layout.totals == "statement":
            self._statement()
        self._facts()
        if not self._style.names_currency:
            text = self._word("in_currency").format(currency=self._bill.currency)
            self._sheet.text(MARGIN, self._sheet.y, text, 8)
            self._sheet.y += 22
        self._table()
        self._totals()
        self._sheet.text(MARGIN, self._sheet.height - 40, self._word("thanks"), 8)

    def _word(self, kind: str) -> str:
        return self._draw.choice(self._words[kind])

    # --- who

    def _title(self, x: float, align: Align) -> None:
        self._sheet.text(x, 62, self._word("title"), 16, bold=True, align=align)

    def _payer(self, x: float, y: float) -> float:
        self._sheet.text(x, y, self._word("payer") + self._draw.choice(["", ":"]), 9, bold=True)
        return self._sheet.lines(x, y + 13, [self._bill.payer.name, *self._bill.payer.address])

    def _header_letterhead(self) -> None:
        sheet, payee = self._sheet, self._bill.payee
        sheet.text(MARGIN, 64, payee.name, 18, bold=True)
        sheet.lines(MARGIN, 80, payee.address, 8)
        self._title(sheet.right, "right")
        sheet.y = self._payer(MARGIN, 128) + 18

    def _header_centred(self) -> None:
        sheet, payee = self._sheet, self._bill.payee
        sheet.text(sheet.width / 2, 60, payee.name, 20, bold=True, align="center")
        sheet.lines(sheet.width / 2, 76, payee.address, 8, align="center")
        sheet.text(sheet.width / 2, 116, self._word("title"), 12, align="center")
        sheet.y = self._payer(MARGIN, 140) + 18

    def _header_window(self) -> None:
        sheet, payee = self._sheet, self._bill.payee
        sheet.text(sheet.right, 58, payee.name, 17, bold=True, align="right")
        sheet.lines(sheet.right, 74, payee.address, 8, align="right")
        sheet.text(MARGIN, 124, f"{payee.name} · {' · '.join(payee.address)}", 6)
        sheet.lines(MARGIN, 140, [self._bill.payer.name, *self._bill.payer.address])
        sheet.text(MARGIN, 210, self._word("title"), 14, bold=True)
        sheet.y = 236

    def _header_columns(self) -> None:
        sheet, payee = self._sheet, self._bill.payee
        self._title(MARGIN, "left")
        colon = self._draw.choice(["", ":"])
        sheet.text(MARGIN, 92, self._word("from") + colon, 9, bold=True)
        below = sheet.lines(MARGIN, 105, [payee.name, *payee.address])
        sheet.y = max(below, self._payer(sheet.width / 2 + 10, 92)) + 18

    def _header_labelled(self) -> None:
        sheet = self._sheet
        self._title(MARGIN, "left")
        below = self._payer(MARGIN, 92)
        label = self._word("payee") + ":"
        sheet.text(MARGIN, below + 8, label, 10)
        sheet.text(MARGIN + sheet.extent(label) + 6, below + 8, self._bill.payee.name, 10)
        sheet.y = below + 32

    def _header_logo(self) -> None:
        sheet, payee = self._sheet, self._bill.payee
        sheet.box(sheet.right - 46, 40, 46, 26, fill=0.6)
        sheet.text(sheet.right, 84, payee.name, 15, bold=True, align="right")
        sheet.lines(sheet.right, 98, payee.address, 8, align="right")
        self._title(MARGIN, "left")
        sheet.y = self._payer(MARGIN, 96) + 24

    # --- what, when

    def _facts(self) -> None:
        bill, style = self._bill, self._style
        facts = [("number", bill.number), ("issued", style.date(bill.issued))]
        if self._layout.totals != "sentence" and bill.net_days is None:
            facts.append(("due", style.date(bill.due)))
        if self._draw.random() < _HAS_ANOTHER_NUMBER:
            facts.insert(
                1, (self._draw.choice(["customer", "order"]), str(self._draw.randrange(10_000, 99_999)))
            )
        if self._draw.random() < _HAS_ANOTHER_DATE and self._layout.facts in {
            "colons",
            "two-columns",
            "right-box",
        }:
            facts.append(("printed", style.date(bill.issued)))
        named = [(self._word(kind), value) for kind, value in facts]
        getattr(self, "_facts_" + self._layout.facts.replace("-", "_"))(named)
        if bill.net_days is not None:
            self._sheet.text(MARGIN, self._sheet.y, self._word("net").format(days=bill.net_days), 9)
            self._sheet.y += 16
        self._sheet.y += 10

    def _facts_colons(self, facts: Sequence[tuple[str, str]]) -> None:
        for label, value in facts:
            self._sheet.text(MARGIN, self._sheet.y, f"{label}: {value}")
            self._sheet.y += _FACT

    def _facts_two_columns(self, facts: Sequence[tuple[str, str]]) -> None:
        for label, value in facts:
            self._sheet.text(MARGIN, self._sheet.y, label, bold=True)
            self._sheet.text(MARGIN + 150, self._sheet.y, value)
            self._sheet.y += _FACT

    def _facts_right_box(self, facts: Sequence[tuple[str, str]]) -> None:
        sheet = self._sheet
        left = sheet.right - 210
        sheet.box(left - 8, sheet.y - 12, 218, len(facts) * _FACT + 6)
        for label, value in facts:
            sheet.text(left, sheet.y, label, 9)
            sheet.text(sheet.right, sheet.y, value, 9, align="right")
            sheet.y += _FACT

    def _cells(self, facts: Sequence[tuple[str, str]], *, below: bool) -> None:
        sheet = self._sheet
        width = (sheet.right - MARGIN) / len(facts)
        for index, (label, value) in enumerate(facts):
            x = MARGIN + index * width
            sheet.text(x, sheet.y + (14 if below else 0), label, 8)
            size = min(10.0, 10.0 * (width - 16) / sheet.extent(value, 10, bold=True))
            sheet.text(x, sheet.y + (0 if below else 14), value, size, bold=True)
        sheet.y += 40

    def _facts_captions_above(self, facts: Sequence[tuple[str, str]]) -> None:
        self._cells(facts, below=False)

    def _facts_captions_below(self, facts: Sequence[tuple[str, str]]) -> None:
        self._cells(facts, below=True)

    def _facts_table(self, facts: Sequence[tuple[str, str]]) -> None:
        sheet = self._sheet
        width = (sheet.right - MARGIN) / len(facts)
        for index, (label, value) in enumerate(facts):
            x = MARGIN + index * width
            sheet.box(x, sheet.y - 12, width, 18)
            sheet.box(x, sheet.y + 6, width, 18)
            sheet.text(x + width / 2, sheet.y, label, 9, bold=True, align="center")
            sheet.text(x + width / 2, sheet.y + 18, value, 9, align="center")
        sheet.y += 46

    def _facts_one_line(self, facts: Sequence[tuple[str, str]]) -> None:
        x = MARGIN
        for label, value in facts:
            text = f"{label}: {value}"
            if x + self._sheet.extent(text, 9) > self._sheet.right:
                x, self._sheet.y = MARGIN, self._sheet.y + _FACT
            self._sheet.text(x, self._sheet.y, text, 9)
            x += self._sheet.extent(text, 9) + 24
        self._sheet.y += _FACT

    # --- the rides

    def _columns(self) -> list[Column]:
        style, right = self._style, self._sheet.right
        word = self._word
        running = [Decimal(0)]
        for ride in self._bill.rides:
            running.append(running[-1] + ride.amount)

        def fare(ride: Ride) -> Decimal:
            return (ride.amount * 9 / 10).quantize(Decimal("0.01"))

        ride_: Column = (word("ride"), MARGIN, "left", lambda _, ride: ride.id)
        day: Column = (word("date"), MARGIN + 230, "left", lambda _, ride: style.date(ride.on))
        amount: Column = (word("amount"), right, "right", lambda _, ride: style.number(ride.amount))
        columns: dict[str, list[Column]] = {
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
        return columns[self._layout.table]

    def _head(self, columns: Sequence[Column], shift: float = 0) -> None:
        for heading, x, align, _ in columns:
            self._sheet.text(x + shift, self._sheet.y, heading, 8, bold=True, align=align)

    def _table(self) -> None:
        sheet, columns, table = self._sheet, self._columns(), self._layout.table
        shifts = [0.0, (sheet.width - 2 * MARGIN) / 2 + 10] if table == "two-up" else [0.0]
        described = table == "described"
        index = 0
        while index < len(self._bill.rides):
            for shift in shifts:
                self._head(columns, shift)
            sheet.rule(MARGIN, sheet.y + 4, sheet.right)
            sheet.y += ROW + 2
            while index < len(self._bill.rides) and sheet.room > ROW * (1 + described):
                for shift in shifts:
                    if index < len(self._bill.rides):
                        self._row(columns, index, shift)
                        index += 1
                sheet.y += ROW
                if described:
                    ride = self._bill.rides[index - 1]
                    sheet.text(
                        MARGIN + 12, sheet.y - 3, f"{self._style.date(ride.on)}, {1 + index % 23} km", 7
                    )
                    sheet.y += ROW
            if index < len(self._bill.rides):
                self._footer()
                sheet.next_page()
        self._sheet.y += 8

    def _row(self, columns: Sequence[Column], index: int, shift: float) -> None:
        size = 6.6 if self._sheet.font() == "Courier" else 8
        for _, x, align, text in columns:
            self._sheet.text(
                x + shift, self._sheet.y, text(index, self._bill.rides[index]), size, align=align
            )

    def _footer(self) -> None:
        self._sheet.text(
            self._sheet.width / 2, self._sheet.height - 28, f"- {self._sheet.page} -", 8, align="center"
        )

    # --- how much

    def _parts(self) -> list[tuple[str, Decimal]]:
        net = (self._bill.total * 5 / 6).quantize(Decimal("0.01"))
        return [(self._word("subtotal"), net), (self._word("tax"), self._bill.total - net)]

    def _totals(self) -> None:
        if self._sheet.room < 150:  # noqa: PLR2004 - points, enough for each kind of totals
            self._footer()
            self._sheet.next_page()
        if self._layout.totals != "statement":
            getattr(self, "_totals_" + self._layout.totals.replace("-", "_"))()

    def _totals_box(self) -> None:
        sheet, style = self._sheet, self._style
        rows = [(label, style.number(amount)) for label, amount in self._parts()]
        rows.append((self._word("total"), style.amount(self._bill.total)))
        sheet.rule(sheet.right - 220, sheet.y - 10, sheet.right)
        for label, value in rows:
            last = label == rows[-1][0]
            sheet.text(sheet.right - 220, sheet.y + 4, label, 10, bold=last)
            sheet.text(sheet.right, sheet.y + 4, value, 10, bold=last, align="right")
            sheet.y += 16

    def _totals_two_columns(self) -> None:
        sheet, style = self._sheet, self._style
        for label, amount in self._parts():
            sheet.text(MARGIN, sheet.y + 4, f"{label}: {style.number(amount)}")
            sheet.y += 16
        sheet.text(MARGIN, sheet.y + 4, f"{self._word('total')}: {style.amount(self._bill.total)}", bold=True)
        sheet.y += 16

    def _totals_big(self) -> None:
        sheet = self._sheet
        sheet.text(MARGIN, sheet.y + 8, self._word("total").upper(), 8)
        sheet.text(MARGIN, sheet.y + 34, self._style.amount(self._bill.total), 20, bold=True)
        sheet.y += 60

    def _totals_caption_below(self) -> None:
        sheet = self._sheet
        sheet.text(
            sheet.right, sheet.y + 24, self._style.amount(self._bill.total), 18, bold=True, align="right"
        )
        sheet.text(sheet.right, sheet.y + 38, self._word("total"), 8, align="right")
        sheet.y += 60

    def _totals_sentence(self) -> None:
        sheet, style, bill = self._sheet, self._style, self._bill
        label = self._word("grand")
        sheet.text(sheet.right - 220, sheet.y + 4, label, bold=True)
        sheet.text(sheet.right, sheet.y + 4, style.amount(bill.total), bold=True, align="right")
        text = self._word("sentence").format(amount=style.amount(bill.total), due=style.date(bill.due))
        sheet.text(MARGIN, sheet.y + 40, text)
        sheet.y += 60

    def _totals_row(self) -> None:
        sheet = self._sheet
        sheet.rule(MARGIN, sheet.y - 12, sheet.right)
        sheet.text(MARGIN, sheet.y, self._word("total"), 9, bold=True)
        sheet.text(sheet.right, sheet.y, self._style.amount(self._bill.total), 9, bold=True, align="right")
        sheet.y += 20

    def _totals_slip(self) -> None:
        sheet, style, bill = self._sheet, self._style, self._bill
        self._totals_row()
        sheet.rule(MARGIN, sheet.y + 16, sheet.right)
        rows = [
            (self._word("payee"), bill.payee.name),
            (self._word("number"), bill.number),
            (self._word("due"), style.date(bill.due)),
            (self._word("total"), style.amount(bill.total)),
        ]
        for index, (label, value) in enumerate(rows):
            sheet.text(MARGIN, sheet.y + 40 + index * 16, label + ":", 9)
            sheet.text(MARGIN + 170, sheet.y + 40 + index * 16, value, 9)
        sheet.y += 110

    def _statement(self) -> None:
        sheet, style, bill = self._sheet, self._style, self._bill
        old = Decimal(self._draw.randrange(10_000, 90_000)) / 100
        rows = [
            (self._word("previous"), style.number(old)),
            (self._word("paid"), f"-{style.number(old)}"),
            (self._word("charges"), style.number(bill.total)),
            (self._word("total"), style.amount(bill.total)),
        ]
        for index, (label, value) in enumerate(rows):
            bold = index == len(rows) - 1
            sheet.text(MARGIN, sheet.y, label, 10, bold=bold)
            sheet.text(MARGIN + 220, sheet.y, value, 10, bold=bold, align="right")
            sheet.y += 16
        sheet.y += 10
