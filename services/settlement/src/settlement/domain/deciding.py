"""Compares an invoice with the rides that its payee is owed for.

It is approved only if everything was read for certain and every line is a ride that is owed at that price. What it says wrongly
for certain is disputed with the partner; what is uncertain is for people.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias, TypeVar

from settlement.domain.invoice import Ambiguous, Found, Invoice, Missing, Reading
from settlement.domain.labels import folded
from wild_rydes_contracts import Money

_T = TypeVar("_T")

SURE = 0.8
"""How certain a reading has to be to count."""

Dispute: TypeAlias = Literal[
    "wrong-payee",
    "duplicate-number",
    "ride-unknown",
    "ride-settled",
    "ride-twice",
    "amount-differs",
    "currency-differs",
    "sum-differs",
    "due-before-issue",
]
"""What an invoice says wrongly."""

Doubt: TypeAlias = Literal["missing", "ambiguous", "uncertain", "unread", "no-rides", "due-past"]
"""Why a person has to look: something is not there, is there in two ways, was read with difficulty or not at all, no ride was
found, or it should have been paid already."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A ride that a payee has driven: what it costs, and whether it was paid for already."""

    price: Money
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A payee: the names it goes by, its rides by id, and the numbers of its invoices that were taken in before."""

    names: frozenset[str]
    rides: Mapping[str, Owed]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an invoice is not approved. `about` is a ride's id, or the name of a field of Invoice."""

    why: Dispute | Doubt
    about: str


@dataclass(frozen=True, slots=True)
class Approved:
    """To be paid: this much for these rides, by this day."""

    number: str
    amount: Decimal
    currency: str
    due: date
    ride_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disputed:
    """Wrong for certain, in these ways."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """For people: the doubts first, then what seems wrong."""

    reasons: tuple[Reason, ...]


Decision: TypeAlias = Approved | Disputed | Review


def decide(invoice: Invoice, account: Account, today: date) -> Decision:
    """Decide on an invoice that came from the payee of this account, on the day `today`."""
    doubts, disputes = tuple(_doubts(invoice, today)), tuple(_disputes(invoice, account))
    if doubts:
        return Review((*doubts, *disputes))
    if disputes:
        return Disputed(disputes)
    return Approved(
        _certain(invoice.number),
        _certain(invoice.total),
        _certain(invoice.currency),
        _certain(invoice.due),
        tuple(line.ride_id for line in invoice.lines),
    )


def _certain(reading: Reading[_T]) -> _T:
    if not isinstance(reading, Found):
        raise TypeError("what was not found is a doubt")
    return reading.value


def _doubts(invoice: Invoice, today: date) -> Iterator[Reason]:
    fields: Mapping[str, Reading[str] | Reading[date] | Reading[Decimal]] = {
        "payee": invoice.payee,
        "number": invoice.number,
        "due": invoice.due,
        "total": invoice.total,
        "currency": invoice.currency,
    }
    for name, reading in fields.items():
        match reading:
            case Missing():
                yield Reason("missing", name)
            case Ambiguous():
                yield Reason("ambiguous", name)
            case Found(confidence=confidence) if confidence < SURE:
                yield Reason("uncertain", name)
    if invoice.missing_pages:
        yield Reason("missing", "pages")
    if invoice.unread:
        yield Reason("unread", "lines")
    if not invoice.lines:
        yield Reason("no-rides", "lines")
    yield from (Reason("uncertain", line.ride_id) for line in invoice.lines if line.confidence < SURE)
    if isinstance(invoice.due, Found) and invoice.due.value < today:
        yield Reason("due-past", "due")


def _disputes(invoice: Invoice, account: Account) -> Iterator[Reason]:
    """What is wrong. Whatever was not found is left out here, and is a doubt."""
    payee, number, currency = _value(invoice.payee), _value(invoice.number), _value(invoice.currency)
    if payee is not None and folded(payee) not in {folded(name) for name in account.names}:
        yield Reason("wrong-payee", "payee")
    if number is not None and folded(number) in {folded(known) for known in account.numbers}:
        yield Reason("duplicate-number", "number")
    issued, due = _value(invoice.issued), _value(invoice.due)
    if issued and due and due < issued:
        yield Reason("due-before-issue", "due")
    for ride_id, count in Counter(line.ride_id for line in invoice.lines).items():
        if count > 1:
            yield Reason("ride-twice", ride_id)
    for line in invoice.lines:
        owed = account.rides.get(line.ride_id)
        if owed is None:
            yield Reason("ride-unknown", line.ride_id)
            continue
        if owed.is_settled:
            yield Reason("ride-settled", line.ride_id)
        if currency is not None and owed.price.currency != currency:
            yield Reason("currency-differs", line.ride_id)
        if owed.price.amount != line.amount:
            yield Reason("amount-differs", line.ride_id)
    total = _value(invoice.total)
    if total is not None and total != sum((line.amount for line in invoice.lines), Decimal(0)):
        yield Reason("sum-differs", "total")


def _value(reading: Reading[_T]) -> _T | None:
    return reading.value if isinstance(reading, Found) else None
