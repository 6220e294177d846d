"""What the API tells and takes about calls that customers want."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from feedback.adapters.user_directory import Customer
from feedback.api.representations import ListLinks
from feedback.domain.callback import Callback, CallOutcome
from feedback.domain.conversation import Conversation
from feedback.domain.wished_time import Day, WishedTime
from wild_rydes_http.body import Representation


class CallbackLinks(Representation):
    """Related resources. PUT `claim` to get the call, DELETE it to leave the call to others, POST to `outcome`."""

    self_: str
    feedback: str
    claim: str
    outcome: str


class Wish(Representation):
    """When the customer wants to be called, in their own time. What is absent is left open."""

    day: Day | None = Field(default=None, description="As seen from `requested-at`. `later`: not that day.")
    earliest: int | None = Field(default=None, ge=0, le=23, description="The hour from which on.")
    latest: int | None = Field(default=None, ge=0, le=23, description="The hour until which.")

    @classmethod
    def from_domain(cls, wished: WishedTime) -> Self:
        """Show a wish."""
        return cls(day=wished.day, earliest=wished.earliest, latest=wished.latest)


class Contact(Representation):
    """Whom to call: personal data, as it is in the user directory now."""

    number: str = Field(description="E.164.", examples=["+12065550142"])
    name: str | None = None
    number_verified: bool = Field(description="Whether the number is known to be the customer's.")
    sms_opted_out: bool = Field(
        description="Whether the number wants no SMS. The customer wants this call nevertheless."
    )

    @classmethod
    def from_domain(cls, customer: Customer, *, sms_opted_out: bool) -> Self:
        """Show a customer."""
        return cls(
            number=customer.number.e164,
            name=customer.name,
            number_verified=customer.verified,
            sms_opted_out=sms_opted_out,
        )


class CallbackBody(Representation):
    """A call that a customer wants."""

    ride_id: str
    responder_id: str
    customer_id: str
    score: int | None = None
    language: str | None = Field(default=None, description="The language of the conversation.")
    wished: Wish | None = None
    time_zone: str | None = Field(
        default=None,
        description="Where the ride ended: an IANA name. Whose clock a wish is in, and whether it is night there.",
        examples=["America/Los_Angeles"],
    )
    requested_at: datetime
    claimed_by: str | None = Field(default=None, description="The id of the agent who has the call now.")
    claimed_until: datetime | None = None
    outcome: CallOutcome | None = None
    closed_at: datetime | None = None
    contact_state: Literal["hidden", "shown", "none"] = Field(
        description="`hidden`: claim the call to see whom to call. `none`: the customer has left, is disabled or"
        " has no number any more."
    )
    contact: Contact | None = None
    links: CallbackLinks

    @classmethod
    def from_domain(
        cls,
        conversation: Conversation,
        call: Callback,
        now: datetime,
        links: CallbackLinks,
        contact: Contact | Literal["hidden", "none"] = "hidden",
    ) -> Self:
        """Show the call that the customer of a conversation wants."""
        holder = call.holder(now)
        return cls(
            ride_id=conversation.ride_id,
            responder_id=conversation.responder_id,
            customer_id=conversation.customer_id,
            score=conversation.score,
            language=conversation.language,
            wished=Wish.from_domain(call.wished) if call.wished else None,
            time_zone=conversation.time_zone,
            requested_at=call.requested_at,
            claimed_by=holder,
            claimed_until=call.claimed_until if holder else None,
            outcome=call.outcome,
            closed_at=call.closed_at,
            contact_state="shown" if isinstance(contact, Contact) else contact,
            contact=contact if isinstance(contact, Contact) else None,
            links=links,
        )


class Callbacks(Representation):
    """Customers who wait for a call, the longest waiting first."""

    callbacks: tuple[CallbackBody, ...]
    links: ListLinks


class Closing(Representation):
    """How a call ended. A customer who was not reached, and is to be called again, is released instead."""

    outcome: CallOutcome = Field(
        description="`reached`: you have talked. `not-reached`: nobody answers, and nobody will try again."
        " `wrong-number`: somebody else answers. `not-wanted`: the customer no longer wants to talk."
    )
