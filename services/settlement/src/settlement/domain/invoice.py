"""What an invoice says, as far as it could be read: each thing found once, found in two ways, or not found."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeAlias, TypeVar

from settlement.domain.page import Place

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The one value that there is, how certain its reading is (0 to 1), and where it stands."""

    value: T
    confidence: float
    place: Place


@dataclass(frozen=True, slots=True)
class Ambiguous(Generic[T]):
    """Values that differ, of which nothing says which is meant."""

    candidates: tuple[Found[T], ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing was found."""


Reading: TypeAlias = Found[T] | Ambiguous[T] | Missing


@dataclass(frozen=True, slots=True)
class RideLine:
    """A line of the invoice. The amount is in the invoice's currency; `place` and `confidence` are of id and amount together."""

    ride_id: str
    amount: Decimal
    confidence: float
    place: Place


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice. `unread` is where a line is about a ride and cannot be read; `missing_pages` were not read at all."""

    payee: Reading[str]
    number: Reading[str]
    issued: Reading[date]
    due: Reading[date]
    total: Reading[Decimal]
    currency: Reading[str]
    lines: tuple[RideLine, ...]
    unread: tuple[Place, ...] = ()
    missing_pages: tuple[int, ...] = ()


def one_of(candidates: list[Found[T]]) -> Reading[T]:
    """Make an outcome of what was found: equal values are one, with the confidence of the surest."""
    best: dict[T, Found[T]] = {}
    for found in candidates:
        if found.value not in best or best[found.value].confidence < found.confidence:
            best[found.value] = found
    if not best:
        return Missing()
    return next(iter(best.values())) if len(best) == 1 else Ambiguous(tuple(best.values()))
