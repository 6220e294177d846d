"""Invoices read as the service will read them, and the accounts that they are held against."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from infra.rydes.simulators.invoices.bill import Bill
from infra.rydes.simulators.invoices.made import Made, drawn
from infra.rydes.simulators.invoices.sheet import Paper, Sheet
from infra.rydes.simulators.textract.analysis import analysed
from settlement.domain.blocks import parse
from settlement.domain.deciding import Account, Owed
from settlement.domain.invoice import Ambiguous, Found, Invoice, Reading
from settlement.domain.reading import read
from wild_rydes_contracts import Money

UPRIGHT = Paper()
EARLY = date(2020, 1, 1)
"""A day before every invoice is due."""


def read_pdf(pdf: bytes) -> Invoice:
    """What is read of a PDF that the simulator of Textract has looked at."""
    analysis = analysed(pdf, forms=True, seed="test")
    return read(parse(analysis.blocks), analysis.unread)


def tampered(made: Made, bill: Bill) -> Invoice:
    """What is read of an invoice that looks like the one that was made, and says something else."""
    return read_pdf(drawn(bill, made.layout, made.style, made.paper, 1))


def account_of(bill: Bill, settled: Iterable[str] = (), numbers: Iterable[str] = ()) -> Account:
    """The account in which everything on a bill is owed, but what is settled."""
    paid = set(settled)
    rides = {
        ride.id: Owed(Money(amount=ride.amount, currency=bill.currency), ride.id in paid)
        for ride in bill.rides
    }
    return Account(frozenset([bill.payee.name]), rides, frozenset(numbers))


def value(reading: Reading[Any]) -> Any:
    """What was found; a set of what it may be; or None."""
    if isinstance(reading, Found):
        return reading.value
    return {found.value for found in reading.candidates} if isinstance(reading, Ambiguous) else None


def with_ride(bill: Bill, index: int, amount: Decimal) -> Bill:
    """The bill with another price for one ride, and a total that fits it."""
    rides = list(bill.rides)
    rides[index] = replace(rides[index], amount=amount)
    return replace(bill, rides=tuple(rides))


def off_by_one_digit(amount: Decimal, place: int) -> Decimal:
    """The amount with another digit in one place."""
    digits = list(f"{amount:.2f}")
    places = [index for index, digit in enumerate(digits) if digit.isdigit()]
    index = places[place % len(places)]
    digits[index] = str((int(digits[index]) + 1) % 10)
    changed = Decimal("".join(digits))
    return changed or amount + 1  # nothing has no price


def read_texts(*texts: tuple[float, float, str], paper: Paper = UPRIGHT, size: float = 9) -> Invoice:
    """What is read of a page with these texts, each at its place in points from the upper left corner."""
    sheet = Sheet(paper)
    for x, y, text in texts:
        sheet.text(x, y, text, size)
    return read_pdf(sheet.pdf())
