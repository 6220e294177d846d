"""Values that appear in several messages."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from wild_rydes_contracts.envelope import Contract
from wild_rydes_contracts.scalars import Amount, Currency, check_above_zero, check_coins


class Money(Contract):
    """An amount, written as a decimal string with two places, and its ISO 4217 currency code.

    The amount is a multiple of the currency's smallest: yen have no hundredths.
    """

    amount: Amount = Field(description="with two decimal places")
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
    """The scores of one responder at one moment: how many, and their sum."""

    count: int = Field(ge=1, le=_MOST_SCORES, description="how many scores")
    total: int = Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE * _MOST_SCORES, description="their sum")


RatingRevision = Annotated[int, Field(ge=1, le=100 * _MOST_SCORES)]
"""Counts the changes of a responder's rating. Of two ratings the one with the higher revision is the newer,
whichever arrives first. It is never below the rating's count, from which a score that is voided is taken away."""


class Coordinates(Contract):
    """A point on WGS 84, in degrees."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="latitude, in degrees")
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="longitude, in degrees")
