"""What the API takes and gives."""

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from unicorn_mgmt.domain.invitation import Answer, Offer, Refusal
from unicorn_mgmt.domain.unicorn import CENT, RateCard, Unicorn
from wild_rydes_http.body import Representation

MAX_FARE = 10_000
MAX_PER_KM = 400
"""The dearest rate card over half the globe's girth still fits the nine digits of a price on the wire."""

MAX_KM = 20_100
"""Nowhere on earth is farther."""

_AMOUNT = r"^[0-9]{1,5}(\.[0-9]{1,2})?$"


def _amount(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not re.fullmatch(_AMOUNT, value):
        raise PydanticCustomError("amount", 'Input should be a decimal string such as "12.50"')
    return Decimal(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "string", "pattern": _AMOUNT, "examples": ["12.50"]}),
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["USD"])]
Name = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f])?$",
        description="What passengers see; no control characters, no space at either end.",
        examples=["Shadowfax"],
    ),
]


class Fare(Representation):
    """An amount of money, at most 10000."""

    amount: Annotated[Amount, Field(le=MAX_FARE)]
    currency: Currency


class FarePerKm(Representation):
    """An amount of money for each kilometre, at most 400."""

    amount: Annotated[Amount, Field(le=MAX_PER_KM)]
    currency: Currency


class RateCardBody(Representation):
    """What a unicorn charges: base + per-km x great-circle kilometres, but at least the minimum. One currency."""

    base: Fare
    per_km: FarePerKm
    minimum: Fare
    max_km: float | None = Field(
        default=None, gt=0, le=MAX_KM, description="The longest ride it takes; left out: any."
    )

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if len({self.base.currency, self.per_km.currency, self.minimum.currency}) > 1:
            raise PydanticCustomError("currency", "All amounts of a rate card have one currency")
        return self

    def to_model(self) -> RateCard:
        """The rate card that these amounts make."""
        return RateCard(
            self.base.amount, self.per_km.amount, self.minimum.amount, self.base.currency, self.max_km
        )

    @classmethod
    def of(cls, card: RateCard) -> Self:
        """The rate card, shown."""
        return cls(
            base=Fare(amount=card.base.quantize(CENT), currency=card.currency),
            per_km=FarePerKm(amount=card.per_km.quantize(CENT), currency=card.currency),
            minimum=Fare(amount=card.minimum.quantize(CENT), currency=card.currency),
            max_km=card.max_km,
        )


class Registration(Representation):
    """A unicorn to be put on the books, or what is new about one."""

    name: Name
    rate_card: RateCardBody
    auto_quote: bool = Field(description="Whether its rate card answers for it; otherwise it is asked.")


class PositionReport(Representation):
    """Where the unicorn is (WGS 84, degrees), and whether it takes rides. Kept to five decimals, about a metre."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    available: bool


class AnswerBody(Representation):
    """What a unicorn answers an RFQ: `price` and `pickup-in-seconds`, or `decline` with its reason as a short code."""

    price: Fare | None = None
    pickup_in_seconds: int | None = Field(default=None, ge=0, le=86_400)
    decline: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,40}$", examples=["too-far"])

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        quoted = [self.price is not None, self.pickup_in_seconds is not None]
        if any(quoted) if self.decline else not all(quoted):
            raise PydanticCustomError("answer", "Give price and pickup-in-seconds, or decline alone")
        return self

    def to_model(self) -> Answer:
        """The answer that this is."""
        if self.price is not None and self.pickup_in_seconds is not None:
            return Offer(self.price.amount.quantize(CENT), self.price.currency, self.pickup_in_seconds)
        return Refusal(self.decline or "")


class Links(Representation):
    """Where to go from here."""

    self_: str
    position: str


class RideLinks(Representation):
    """Where to end a ride."""

    completion: str
    cancellation: str


class RideBody(Representation):
    """The ride that a unicorn has taken."""

    id: str
    rfq_id: str
    since: AwareDatetime
    links: RideLinks


class UnicornBody(Registration):
    """A unicorn on the books, as its owner sees it."""

    id: str
    connected: bool = Field(description="Whether its app is connected, as far as is known.")
    ride: RideBody | None = None
    links: Links

    @classmethod
    def of(cls, unicorn: Unicorn, links: Links, ride: RideBody | None) -> Self:
        """The unicorn, shown."""
        return cls(
            id=unicorn.id,
            connected=unicorn.connection is not None,
            name=unicorn.name,
            rate_card=RateCardBody.of(unicorn.rate_card),
            auto_quote=unicorn.auto_quote,
            ride=ride,
            links=links,
        )
