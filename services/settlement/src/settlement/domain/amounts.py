"""Amounts as people write them: 1,234.56 and 1.234,56 and CHF 1'234.56, with or without the currency."""

import re
from dataclasses import dataclass
from decimal import Decimal

from settlement.domain.labels import labels
from wild_rydes_contracts.currencies import DECIMAL_PLACES

_SPACES = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019\u00b4`"
_MINUS = "\u2212\u2013-"
_NUMBER = rf"\d[\d.,{_APOSTROPHES}{_SPACES}]*\d|\d"
_AMOUNT = re.compile(
    rf"(?P<minus>[{_MINUS}])?\s*(?P<before>[^\d\s.,-]+\.?)?\s*(?P<inner>[{_MINUS}])?\s*(?P<number>{_NUMBER})\s*(?P<after>[^\d\s.,-]+\.?)?"
)
_GROUPED = re.compile(rf"\d{{1,3}}(?:(?P<group>[.,{_APOSTROPHES}{_SPACES}])\d{{3}})(?:(?P=group)\d{{3}})*")
_USUAL = 2
_LONGEST = 60
"""Characters: a longer text is no amount, and nobody has to wait until that is found."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that is an amount, and the currencies that it may be in by what stands beside it; none: nothing does."""

    value: Decimal
    currencies: frozenset[str]
    has_decimals: bool

    @property
    def is_evident(self) -> bool:
        """Whether it cannot be anything else, such as a count: it has decimal places or a currency."""
        return self.has_decimals or bool(self.currencies)


def parsed(text: str) -> Amount | None:
    """Read a text that is an amount and nothing else. None if it is none, or if it could be two."""
    found = _AMOUNT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    currencies: frozenset[str] = frozenset()
    for sign in filter(None, (found["before"], found["after"])):
        meant = currencies_of(sign)
        if not meant or (currencies and not currencies & meant):
            return None
        currencies = currencies & meant or meant
    places = {DECIMAL_PLACES[code] for code in currencies} or {_USUAL}
    values = {value for value in (_value(found["number"], count) for count in places) if value}
    if len(values) != 1:
        return None
    value, has_decimals = values.pop()
    negative = bool(found["minus"]) != bool(found["inner"])
    return Amount(-value if negative else value, currencies, has_decimals)


def currencies_of(sign: str) -> frozenset[str]:
    """The currencies that a code or sign may stand for; none if it is neither."""
    known = labels().currencies
    return known.get(sign) or known.get(sign.rstrip(".:")) or known.get(sign.upper(), frozenset())


def _value(number: str, places: int) -> tuple[Decimal, bool] | None:
    """Read digits with separators, in a currency with so many decimal places."""
    whole, fraction = number, ""
    if places and len(number) > places + 1 and number[-places - 1] in ".,":
        whole, fraction = number[: -places - 1], number[-places:]
        if not fraction.isdigit() or number[-places - 1] in whole:
            return None
    if not whole.isdigit():
        if not _GROUPED.fullmatch(whole):
            return None
        whole = re.sub(r"\D", "", whole)
    return Decimal(f"{whole}.{fraction}" if fraction else whole), bool(fraction)
