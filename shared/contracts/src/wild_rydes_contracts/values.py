"""Values that appear in several messages."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from wild_rydes_contracts.envelope import Contract
from wild_rydes_contracts.scalars import Amount, Currency, check_above_zero, check_coins


class Money(Contract):
    """An amount, written as a decimal string with two places, and its ISO 4217 currency code.

    The amount is a multiple of the currency's smallest: yen have no hundredths.
    """

    amount: Amount
    currency: Currency

    @model_validator(mode="after")
    def _in_whole_coins(self) -> Self:
        check_coins(self.amount, self.currency)
        return self


def _above_zero(price: Money) -> Money:
    check_above_zero(price.amount)
    return price


Price = Annotated[Money, AfterValidator(_above_zero)]
"""What a ride costs: never nothing."""

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
