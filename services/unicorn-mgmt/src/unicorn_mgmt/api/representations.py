"""What the unicorn API takes and gives."""

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from unicorn_mgmt.adapters.invitation_table import MOST_OPEN
from unicorn_mgmt.domain.invitation import Answer, Declined, Invitation, Offer
from unicorn_mgmt.domain.rate_card import CENT, MAX_FARE, MAX_KM, MAX_PER_KM, MIN_KM, RateCard
from unicorn_mgmt.domain.unicorn import Place, Unicorn
from wild_rydes_contracts.scalars import PRINTABLE, Currency, check_above_zero, check_coins
from wild_rydes_http.body import WHOLE, Representation, rounded

KM_DECIMALS = 3
"""Decimal places of a kilometre: to the metre."""

_AMOUNT = r"^[0-9]{1,5}(\.[0-9]{1,2})?$"

# JSON Schema of either the one or the other. Generators of clients take alternatives of `oneOf` for models.
_ONE_OR_THE_OTHER: JsonDict = {
    "if": {"required": ["decline"], "properties": {"decline": {"type": "string"}}},
    "then": {"properties": {"price": {"type": "null"}, "pickup-in-seconds": {"type": "null"}}},
    "else": {
        "required": ["price", "pickup-in-seconds"],
        "properties": {"price": {"type": "object"}, "pickup-in-seconds": {"type": "integer"}},
    },
}


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
_VISIBLE = PRINTABLE.replace("[^", r"[^\s")
Name = Annotated[
    str,
    Field(
        max_length=40,
        pattern=rf"^{_VISIBLE}({PRINTABLE}*{_VISIBLE})?$",
        description="What passengers see; no control characters, no space at either end.",
        examples=["Shadowfax"],
    ),
]


class Fare(Representation):
    """An amount of money, at most 10000, in whole coins of its currency."""

    amount: Annotated[Amount, Field(le=MAX_FARE)]
    currency: Currency

    @model_validator(mode="after")
    def _in_whole_coins(self) -> Self:
        check_coins(self.amount, self.currency)
        return self


def _above_zero(price: Fare) -> Fare:
    check_above_zero(price.amount)
    return price


class FarePerKm(Representation):
    """An amount of money for each kilometre, at most 400."""

    amount: Annotated[Amount, Field(le=MAX_PER_KM)]
    currency: Currency


class RateCardBody(Representation):
    """What a unicorn charges: base + per-km x great-circle kilometres, but at least the minimum."""

    base: Fare
    per_km: FarePerKm
    minimum: Fare
    max_km: Annotated[float, Field(ge=MIN_KM, le=MAX_KM), rounded(KM_DECIMALS)] | None = Field(
        default=None,
        description="The longest ride that it takes. Leave it out for any length.",
    )

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if len({self.base.currency, self.per_km.currency, self.minimum.currency}) > 1:
            raise PydanticCustomError("currency", "All amounts of a rate card have one currency")
        return self

    def to_domain(self) -> RateCard:
        """Make the rate card of these amounts."""
        return RateCard(
            self.base.amount, self.per_km.amount, self.minimum.amount, self.base.currency, self.max_km
        )

    @classmethod
    def from_domain(cls, card: RateCard) -> Self:
        """Represent a rate card."""
        return cls(
            base=Fare(amount=card.base.quantize(CENT), currency=card.currency),
            per_km=FarePerKm(amount=card.per_km.quantize(CENT), currency=card.currency),
            minimum=Fare(amount=card.minimum.quantize(CENT), currency=card.currency),
            max_km=card.max_km,
        )


class Registration(Representation):
    """A unicorn that registers, or new values of one that is registered."""

    name: Name
    rate_card: RateCardBody
    auto_quote: bool = Field(
        description="Whether its rate card answers RFQs for it. If not, its app is asked."
    )


class PositionReport(Representation):
    """Where a unicorn is (WGS 84, degrees, kept to about a metre), and whether it takes rides."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    available: bool


class AnswerBody(Representation):
    """A unicorn's answer to an RFQ: `price` and `pickup-in-seconds`, or `decline` with a short code."""

    model_config = ConfigDict(json_schema_extra=_ONE_OR_THE_OTHER)

    price: Annotated[Fare, AfterValidator(_above_zero)] | None = None
    pickup_in_seconds: Annotated[int, Field(ge=0, le=86_400), WHOLE] | None = None
    decline: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,40}$", examples=["too-far"])

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        quoted = [self.price is not None, self.pickup_in_seconds is not None]
        if any(quoted) if self.decline else not all(quoted):
            raise PydanticCustomError("answer", "Give price and pickup-in-seconds, or decline alone")
        return self

    def to_domain(self) -> Answer:
        """Make the answer."""
        if self.price is not None and self.pickup_in_seconds is not None:
            return Offer(self.price.amount.quantize(CENT), self.price.currency, self.pickup_in_seconds)
        return Declined(self.decline or "")


class Links(Representation):
    """Where to go from here."""

    self_: str
    position: str
    invitations: str


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


class PlaceBody(Representation):
    """A point on WGS 84, in degrees."""

    lat: float
    lon: float


class InvitationLinks(Representation):
    """Where to answer."""

    answers: str


class InvitationBody(Representation):
    """An invitation to price a ride: POST to `links.answers` before the deadline."""

    rfq_id: str
    from_: PlaceBody
    to: PlaceBody
    deadline: AwareDatetime
    links: InvitationLinks

    @classmethod
    def from_domain(cls, invitation: Invitation, links: InvitationLinks) -> Self:
        """Represent an invitation that has its places."""
        return cls(
            rfq_id=invitation.rfq_id,
            from_=_place(invitation.start),
            to=_place(invitation.destination),
            deadline=invitation.deadline,
            links=links,
        )


def _place(place: Place | None) -> PlaceBody:
    assert place  # noqa: S101 - invitations of before there were places are not shown
    return PlaceBody(lat=place.lat, lon=place.lon)


class InvitationsBody(Representation):
    """The invitations that a unicorn may still answer."""

    invitations: tuple[InvitationBody, ...] = Field(
        max_length=MOST_OPEN, description="The first to end first. Those behind the 50th show up later."
    )


class UnicornBody(Registration):
    """A registered unicorn, as its owner sees it."""

    id: str
    connected: bool = Field(description="Whether its app is connected, as far as we know.")
    position: PlaceBody | None = Field(default=None, description="Where RFQs find it; absent: it wants none.")
    ride: RideBody | None = None
    links: Links

    @classmethod
    def from_domain(cls, unicorn: Unicorn, links: Links, ride: RideBody | None) -> Self:
        """Represent a unicorn."""
        return cls(
            id=unicorn.id,
            connected=unicorn.connection is not None,
            name=unicorn.name,
            rate_card=RateCardBody.from_domain(unicorn.rate_card),
            auto_quote=unicorn.auto_quote,
            position=_place(unicorn.position) if unicorn.position else None,
            ride=ride,
            links=links,
        )
