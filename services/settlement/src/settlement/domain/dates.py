"""Dates as people write them. 03/04/2026 is two dates, until the rest of the invoice says which."""

import re
from dataclasses import dataclass
from datetime import date

from settlement.domain.labels import folded, labels

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.º|º)?[\s.-]*(?:de\s*)?([^\W\d_]{3,12})\.?[\s,-]*(?:de\s*)?(\d{4})"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,10}\.?,\s*(?=\d)")


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it is written: which one if the day comes first, and which if the month does. None: it would be none.

    They differ only in forms such as 03/04/2026.
    """

    day_first: date | None
    month_first: date | None

    @property
    def options(self) -> frozenset[date]:
        """The dates that it may be."""
        return frozenset(day for day in (self.day_first, self.month_first) if day)

    @property
    def is_numeric(self) -> bool:
        """Whether the order matters."""
        return self.day_first != self.month_first

    def read(self, order: "Order") -> frozenset[date]:
        """The dates that it may be on an invoice with this order."""
        day = {"day-first": self.day_first, "month-first": self.month_first}.get(order.value)
        return frozenset([day]) if day else (self.options if order.value == "unknown" else frozenset())


@dataclass(frozen=True, slots=True)
class Order:
    """The order that all numeric dates of an invoice have: day-first, month-first, or unknown."""

    value: str


DAY_FIRST, MONTH_FIRST, UNKNOWN = Order("day-first"), Order("month-first"), Order("unknown")


def parsed(text: str) -> Written | None:
    """Read a text that is a date and nothing else. None if it is none. A year of two digits is of this century."""
    text = _WEEKDAY.sub("", text.strip().rstrip(".,;"))
    if found := _YEAR_FIRST.fullmatch(text):
        return _same(_date(found[1], found[2], found[3]))
    if found := _DOTTED.fullmatch(text):
        return _same(_date(found[3], found[2], found[1]))
    if found := _NUMERIC.fullmatch(text):
        written = Written(_date(found[3], found[2], found[1]), _date(found[3], found[1], found[2]))
        return written if written.options else None
    if found := _DAY_MONTH.fullmatch(text):
        return _named(found[3], found[2], found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return _named(found[3], found[1], found[2])
    return None


def _named(year: str, month: str, day: str) -> Written | None:
    number = labels().months.get(folded(month))
    return _same(_date(year, str(number), day)) if number else None


def _same(day: date | None) -> Written | None:
    return Written(day, day) if day else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))  # noqa: PLR2004 - digits
    except ValueError:
        return None
