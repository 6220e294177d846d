"""What the API and the socket show of a quote."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, Field

from ride_booking.domain.rfq import Quote, Rating, Rfq
from wild_rydes_http.body import Representation


class Price(Representation):
    """An amount, as a decimal string with two places, and its ISO 4217 currency code."""

    amount: str = Field(pattern=r"^[0-9]{1,7}\.[0-9]{2}$", examples=["12.50"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])

    @classmethod
    def from_domain(cls, quote: Quote) -> Self:
        """Show the price of a quote."""
        return cls(amount=f"{quote.cents // 100}.{quote.cents % 100:02}", currency=quote.currency)


class RatingBody(Representation):
    """What customers think of a responder: the mean of their scores, to one decimal, and how many."""

    score: float = Field(ge=1, le=10, examples=[8.7])
    count: int = Field(ge=1)

    @classmethod
    def from_domain(cls, rating: Rating) -> Self:
        """Show a rating."""
        return cls(score=rating.score, count=rating.count)


class QuoteBody(Representation):
    """What one responder offers for the whole ride."""

    quote_id: str
    responder_id: str
    name: str | None = Field(default=None, max_length=40)
    price: Price
    pickup_in_seconds: int = Field(ge=0)
    valid_until: AwareDatetime | None = None
    rating: RatingBody | None = Field(
        default=None, description="Left out until the responder has its first score."
    )

    @classmethod
    def from_domain(cls, responder_id: str, quote: Quote) -> Self:
        """Show a quote. A responder has one quote in an RFQ, so the responder's id is the quote's id, too."""
        return cls(
            quote_id=responder_id,
            responder_id=responder_id,
            name=quote.name,
            price=Price.from_domain(quote),
            pickup_in_seconds=quote.pickup_seconds,
            valid_until=quote.valid_until,
            rating=RatingBody.from_domain(quote.rating) if quote.rating else None,
        )


def quotes_of(rfq: Rfq, now: datetime | None = None) -> tuple[QuoteBody, ...]:
    """Show the quotes of an RFQ, cheapest first; those that have expired by `now` come last."""
    return tuple(QuoteBody.from_domain(responder_id, quote) for responder_id, quote in rfq.quotes(now))
