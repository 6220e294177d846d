"""The messages of a request for quotation (RFQ), a scatter-gather."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wild_rydes_contracts.envelope import Contract, Event, Message
from wild_rydes_contracts.scalars import ConversationId, Instant, ResponderId, Text
from wild_rydes_contracts.values import Coordinates, Price, Rating

CompletedBy = Literal["all-answered", "deadline", "cancelled"]

MAX_RESPONDERS = 200
"""The most responders that one response may name. It keeps an RFQ's item far below DynamoDB's 400 KB."""


class Quote(Contract):
    """A responder's offer for the whole ride, to be accepted before `valid_until`.

    Without `valid_until` the offer holds for the time that the requester usually gives its customers to
    choose. `rating` is present once customers have scored the responder.
    """

    kind: Literal["quote"] = "quote"
    responder_id: ResponderId = Field(description="who answers: a unicorn or a partner fleet")
    display_name: Text | None = Field(default=None, max_length=40, description="what customers are shown")
    price: Price = Field(description="for the whole ride")
    pickup_in_seconds: int = Field(ge=0, le=86_400, description="how long until it is at the start")
    valid_until: Instant | None = Field(default=None, description="when the offer ends")
    rating: Rating | None = Field(default=None, description="what customers thought of it so far")


class Decline(Contract):
    """A responder's refusal, with the reason as a short code such as `too-far`, `circuit-open` or `partner-busy`."""

    kind: Literal["decline"] = "decline"
    responder_id: ResponderId = Field(description="who answers: a unicorn or a partner fleet")
    reason: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="a short code", examples=["too-far"])


Answer = Annotated[Quote | Decline, Field(discriminator="kind")]


class RfqResponse(Message):
    """What a responder service sends to the return address.

    `asked` names every responder that the sender asked. A sender that only answers leaves it out. `asked` and
    `answers` are independent facts, which may arrive in any order. Their union counts when the RFQ closes.
    """

    name: ClassVar[str] = "RfqResponse"
    version: ClassVar[int] = 1

    asked: tuple[ResponderId, ...] | None = Field(
        default=None, max_length=MAX_RESPONDERS, description="every responder that the sender asked"
    )
    answers: tuple[Answer, ...] = Field(
        default=(), max_length=MAX_RESPONDERS, description="what they answered: a quote or a decline each"
    )


class RfqRequested(Event):
    """Someone wants quotes for a ride.

    Answer with an `RfqResponse` to `metadata.reply_to` before `metadata.deadline`, and with the same
    `metadata.correlation_id`. The message does not say who wants the quotes: only ride-booking knows.
    """

    name: ClassVar[str] = "RfqRequested"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(minutes=15)  # no RFQ has a later deadline
    answered_with: ClassVar[type[Message]] = RfqResponse

    rfq_id: ConversationId = Field(description="the RFQ")
    start: Coordinates = Field(description="where the ride begins")
    destination: Coordinates = Field(description="where it ends")


class ResponderCounts(Contract):
    """How the responders of an RFQ behaved: asked = quoted + declined + silent.

    `late` counts the answers that came after the RFQ was closed.
    """

    asked: int = Field(ge=0, description="all that were asked", examples=[5])
    quoted: int = Field(ge=0, description="those that made an offer", examples=[3])
    declined: int = Field(ge=0, description="those that refused", examples=[1])
    silent: int = Field(ge=0, description="those that did not answer", examples=[1])
    late: int = Field(ge=0, description="answers after the end", examples=[0])


class RfqCompleted(Event):
    """An RFQ is closed. No further answer will be shown."""

    name: ClassVar[str] = "RfqCompleted"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)

    rfq_id: ConversationId = Field(description="the RFQ")
    completed_by: CompletedBy = Field(description="what has closed it")
    completed_at: Instant = Field(description="when it was closed")
    responders: ResponderCounts = Field(description="how they behaved")
