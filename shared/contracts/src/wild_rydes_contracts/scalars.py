"""Single values as messages and APIs carry them: each can be stored, sent as JSON, and shown.

Whatever comes from outside becomes one of these at the boundary, or is refused there, by the name of its field.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from wild_rydes_contracts.currencies import DECIMAL_PLACES, smallest_amount
from wild_rydes_contracts.instants import truncated

FIRST_INSTANT = datetime(2020, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2099, 12, 31, tzinfo=UTC)
"""No message of ours is about any other time. An hour more or a zone's offset still fits every calendar."""


def _instant(at: datetime) -> datetime:
    if not FIRST_INSTANT <= at <= LAST_INSTANT:
        raise PydanticCustomError("instant", "Input should be an instant between 2020 and 2100")
    return truncated(at.astimezone(UTC))


Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
"""An instant in UTC and whole milliseconds, from 2020 on and before 2100."""


def _day(day: date) -> date:
    if not FIRST_INSTANT.date() <= day <= LAST_INSTANT.date():
        raise PydanticCustomError("day", "Input should be a day between 2020 and 2100")
    return day


Day = Annotated[date, AfterValidator(_day)]
"""A day of the calendar, from 2020 on and before 2100, wherever that is."""

PRINTABLE = r"[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
"""A character of a text: no control character, no line break, and none that turns the direction of what follows."""

Text = Annotated[str, Field(pattern=f"^{PRINTABLE}*$")]
"""A text on one line, for people."""

ConversationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,127}$")]
"""An id, never a text: it appears in log lines and URLs."""

ResponderId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
"""A unicorn (`u-…`) or a partner fleet (`p-…`). Short, because it is stored once per answer."""

_TIME_ZONE = r"^[A-Z][A-Za-z0-9_+-]{0,13}(/[A-Za-z0-9_+-]{1,14}){0,2}$"


def _time_zone(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(_TIME_ZONE, value) else None


TimeZone = Annotated[
    Annotated[str, Field(pattern=_TIME_ZONE)] | None,
    BeforeValidator(_time_zone),
    Field(description="IANA time zone", examples=["America/Los_Angeles"]),
]
"""The name of a time zone, by its form: each reader knows the zones of its own edition, and ignores others.

It helps to choose an hour, and stops nothing: what has another form is none.
"""


def _currency(code: str) -> str:
    if code not in DECIMAL_PLACES:
        raise PydanticCustomError("currency", "Input should be a currency of ISO 4217")
    return code


Currency = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["USD"]),
    AfterValidator(_currency),
]
"""A currency that has amounts: `XXX` and gold are none."""

_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?([Ee][+-]?[0-9]{1,2})?")


def _plain(value: object) -> object:
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise PydanticCustomError("amount", 'Input should be a decimal string such as "12.50"')
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(_plain),  # Python would also read "1_000", and digits of any script
    Field(ge=0, max_digits=9, decimal_places=2),
    AfterValidator(lambda amount: abs(amount).quantize(Decimal("0.01"))),  # no -0.00
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,7}\.\d{2}$"}, mode="serialization"),
]
"""An amount of money, with two decimal places."""


def check_coins(amount: Decimal, currency: str) -> None:
    """Refuse an amount that no coins of its currency make up: yen have no hundredths.

    Raises pydantic's error, for a validator of the two.
    """
    if amount % smallest_amount(currency):
        raise PydanticCustomError(
            "minor_units", "{currency} has no smaller amounts than 1", {"currency": currency}
        )


def check_above_zero(amount: Decimal) -> None:
    """Refuse nothing as a price, which would be the best offer of all. Raises pydantic's error."""
    if not amount:
        raise PydanticCustomError("greater_than", "Input should be greater than 0")
