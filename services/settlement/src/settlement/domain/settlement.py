"""What was decided on a document, in full, and how far the rides of an invoice are held for it.

An invoice of few rides is decided, and its rides are settled, in one transaction. One of many takes several, so its rides are
held first:

    claiming → done (settled)
    claiming → undoing → done (disputed, or for people)

While it is claiming, rides and number that it holds are nobody else's. From `undoing` on it takes no more, whoever still tries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias, TypeVar

from settlement.domain.deciding import Approved, Disputed, Owed, Reason, Review
from settlement.domain.deciding import Decision as Verdict
from settlement.domain.document import Decision, Document
from settlement.domain.invoice import Found, Invoice, Reading
from settlement.domain.labels import folded
from wild_rydes_contracts import Money
from wild_rydes_contracts.currencies import DECIMAL_PLACES, smallest_amount
from wild_rydes_contracts.invoices import MOST_REASONS, MOST_RIDES

T = TypeVar("T")

Phase: TypeAlias = Literal["claiming", "undoing", "done"]

AT_ONCE: Final = 97
"""Rides that are settled in one transaction together with the decision: DynamoDB takes 100 writes, and three are the document,
its number and the decision."""

FAILED: Final = "failed"
"""The reason of a document that nothing of ours could decide on."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is known of a decision. `ride_ids` are the first of those that are settled, or that are wrong; `rides` counts all.

    `number` is folded, so that two ways to write it are one.
    """

    document_id: str
    payee: str
    batch: str
    decision: Decision
    at: datetime
    phase: Phase = "done"
    number: str | None = None
    amount: Money | None = None
    due: date | None = None
    rides: int = 0
    ride_ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owing:
    """A ride that an invoice settles, and the price that it was approved at."""

    ride_id: str
    price: Money


@dataclass(frozen=True, slots=True)
class Standing:
    """How an invoice's rides and number stand in the books, at one moment.

    `waits`: some are held for another invoice on which nobody has decided, so nobody can decide on this one. `phase` is
    that of this document's own settlement, if it was begun.
    """

    rides: Mapping[str, Owed]
    numbers: frozenset[str]
    waits: bool
    phase: Phase | None


def settlement_of(document: Document, invoice: Invoice | None, verdict: Verdict, now: datetime) -> Settlement:
    """Make the record of a verdict. Without an invoice, nothing could be read."""
    about = (document.id, document.payee or "", document.batch or "")
    match verdict:
        case Approved():
            return Settlement(
                *about,
                "settled",
                now,
                number=folded(verdict.number),
                amount=Money(amount=verdict.amount, currency=verdict.currency),
                due=verdict.due,
                rides=len(verdict.ride_ids),
                ride_ids=verdict.ride_ids[:MOST_RIDES],
            )
        case Disputed(reasons) | Review(reasons):
            wrong = _rides(invoice, reasons)
            return Settlement(
                *about,
                "disputed" if isinstance(verdict, Disputed) else "review",
                now,
                number=_number(invoice),
                amount=_amount(invoice),
                due=_value(invoice.due) if invoice else None,
                rides=len(wrong),
                ride_ids=wrong[:MOST_RIDES],
                reasons=codes(reasons),
            )


def given_up(document: Document, reasons: tuple[str, ...], now: datetime) -> Settlement:
    """Make the record of a document that is for people because nothing of ours could decide on it."""
    return Settlement(document.id, document.payee or "", document.batch or "", "review", now, reasons=reasons)


def owing(invoice: Invoice, approved: Approved) -> Sequence[Owing]:
    """List the rides of an approved invoice by id: who holds one waits for none before it, so no two wait for each other."""
    return sorted(
        (
            Owing(line.ride_id, Money(amount=line.amount, currency=approved.currency))
            for line in invoice.lines
        ),
        key=lambda owed: owed.ride_id,
    )


def codes(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """List what is wrong, each once."""
    return tuple(dict.fromkeys(reason.why for reason in reasons))[:MOST_REASONS]


def is_payable(approved: Approved) -> bool:
    """Say whether our messages can carry the amount: others are for people."""
    return (
        approved.currency in DECIMAL_PLACES
        and 0 < approved.amount <= _MOST
        and not approved.amount % smallest_amount(approved.currency)
    )


_MOST: Final = 9_999_999


def _rides(invoice: Invoice | None, reasons: Iterable[Reason]) -> tuple[str, ...]:
    lines = {line.ride_id for line in invoice.lines} if invoice else set()
    return tuple(dict.fromkeys(reason.about for reason in reasons if reason.about in lines))


def _number(invoice: Invoice | None) -> str | None:
    number = _value(invoice.number) if invoice else None
    return folded(number) if number else None


def _amount(invoice: Invoice | None) -> Money | None:
    total, currency = (_value(invoice.total), _value(invoice.currency)) if invoice else (None, None)
    try:
        return Money(amount=total, currency=currency) if total and currency else None
    except ValueError:
        return None  # no amount of money


def _value(reading: Reading[T]) -> T | None:
    return reading.value if isinstance(reading, Found) else None
