"""Values that appear in several messages."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from wild_rydes_contracts.envelope import Contract

ResponderId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
"""A unicorn (`u-…`) or a partner fleet (`p-…`). Short, because it is stored once per answer."""


_CENT = Decimal("0.01")


class Money(Contract):
    """An amount, written as a decimal string with two places, and its ISO 4217 currency code."""

    amount: Annotated[
        Decimal,
        Field(ge=0, max_digits=9, decimal_places=2),
        AfterValidator(lambda amount: abs(amount).quantize(_CENT)),  # no -0.00, no 1E+2
        WithJsonSchema({"type": "string", "pattern": r"^\d{1,7}\.\d{2}$"}, mode="serialization"),
    ]
    currency: str = Field(pattern=r"^[A-Z]{3}$")


LOWEST_SCORE = 1
HIGHEST_SCORE = 10
_MOST_SCORES = 1_000_000_000


class Rating(Contract):
    """All scores of one responder up to and including a certain one: how many, and their sum.

    `count` only grows. Of two ratings of one responder, the one with the higher count is the newer, whichever
    arrives first.
    """

    count: int = Field(ge=1, le=_MOST_SCORES)
    total: int = Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE * _MOST_SCORES)


class Coordinates(Contract):
    """A point on WGS 84, in degrees."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
