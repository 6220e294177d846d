"""How people write dates and money."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

MONTHS: Final[Mapping[str, str]] = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_ABBREVIATED = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

DATES: Final[Mapping[str, Sequence[str]]] = {
    "en": ("iso", "us", "us-long", "us-short", "eu-slash", "eu-long", "eu-short", "abbreviated"),
    "de": ("dotted", "dotted-short", "de-long", "iso"),
    "fr": ("eu-slash", "eu-long", "dotted"),
    "es": ("eu-slash", "de-words", "iso"),
    "it": ("eu-slash", "eu-long", "dotted"),
}
"""Which forms of dates each language has."""

NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    "point": (",", "."),
    "comma": (".", ","),
    "space": (" ", ","),
    "hard-space": ("\u00a0", ","),
    "swiss": ("'", "."),
    "bare": ("", "."),
    "bare-comma": ("", ","),
}
"""What stands between thousands, and before decimals."""

NUMBERS_OF: Final[Mapping[str, Sequence[str]]] = {
    "en": ("point", "point", "bare"),
    "de": ("comma", "comma", "bare-comma"),
    "fr": ("space", "hard-space", "bare-comma"),
    "es": ("comma", "bare-comma"),
    "it": ("comma", "comma"),
}

CURRENCIES: Final[Mapping[str, Sequence[str]]] = {
    "en": ("USD", "GBP", "USD", "CAD", "EUR"),
    "de": ("EUR", "CHF"),
    "fr": ("EUR", "CHF", "CAD"),
    "es": ("EUR", "MXN"),
    "it": ("EUR", "CHF"),
}
SYMBOLS: Final[Mapping[str, str]] = {"USD": "$", "CAD": "$", "MXN": "$", "GBP": "£", "EUR": "€"}

MONEY: Final = ("code-before", "code-after", "symbol", "bare")
"""Where the currency stands beside the amount that is asked for; `bare`: nowhere there."""


@dataclass(frozen=True, slots=True)
class Style:
    """The language of an invoice, and how it writes dates, numbers and money: keys of the tables above."""

    language: str
    dates: str
    numbers: str
    money: str
    currency: str

    def date(self, day: date) -> str:
        """Write a date."""
        month = MONTHS[self.language].split()[day.month - 1]
        short = _ABBREVIATED[day.month - 1]
        return {
            "iso": day.isoformat(),
            "us": f"{day:%m/%d/%Y}",
            "us-long": f"{month} {day.day}, {day.year}",
            "us-short": f"{short} {day.day}, {day.year}",
            "eu-slash": f"{day:%d/%m/%Y}",
            "eu-long": f"{day.day} {month} {day.year}",
            "eu-short": f"{day.day} {short} {day.year}",
            "abbreviated": f"{day:%d}-{short}-{day.year}",
            "dotted": f"{day:%d.%m.%Y}",
            "dotted-short": f"{day.day}.{day.month}.{day:%y}",
            "de-long": f"{day.day}. {month} {day.year}",
            "de-words": f"{day.day} de {month} de {day.year}",
        }[self.dates]

    def number(self, amount: Decimal) -> str:
        """Write an amount without its currency, with two decimal places."""
        thousands, decimals = NUMBERS[self.numbers]
        whole, fraction = f"{amount:,.2f}".split(".")
        return f"{whole.replace(',', thousands)}{decimals}{fraction}"

    def amount(self, amount: Decimal) -> str:
        """Write an amount with its currency, where the style has it."""
        number = self.number(amount)
        symbol = SYMBOLS.get(self.currency)
        if self.money == "symbol" and symbol:
            after = NUMBERS[self.numbers][1] == "," and symbol == "€"
            return f"{number} {symbol}" if after else f"{symbol}{number}"
        return {
            "code-before": f"{self.currency} {number}",
            "code-after": f"{number} {self.currency}",
        }.get(self.money, number)

    @property
    def names_currency(self) -> bool:
        """Whether amounts say which currency they are in: a dollar sign does not."""
        symbol = SYMBOLS.get(self.currency)
        return self.money.startswith("code") or (self.money == "symbol" and symbol in {"€", "£"})


def style_of(draw: random.Random, language: str, currency: str | None = None) -> Style:
    """Choose a style for a language; for a currency if one is given."""
    currency = currency or draw.choice(CURRENCIES[language])
    numbers = "swiss" if currency == "CHF" else draw.choice(NUMBERS_OF[language])
    money = draw.choice(MONEY)
    if money == "symbol" and currency not in SYMBOLS:
        money = "code-before"
    return Style(language, draw.choice(DATES[language]), numbers, money, currency)
