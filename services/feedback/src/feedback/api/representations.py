"""What the API gives. Ids and answers: no number, and nothing that a customer wrote."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from feedback.domain.conversation import Conversation, Ending
from feedback.domain.send_ledger import Sms, SmsState
from wild_rydes_http.body import Representation


class FeedbackLinks(Representation):
    """Where to go from here."""

    self_: str
    callback: str | None = None


class SmsBody(Representation):
    """One SMS to the customer, and what became of it."""

    prompt: str = Field(description="The name of its text.", examples=["ask-score"])
    said_at: datetime
    state: SmsState
    state_since: datetime
    reason: str | None = Field(default=None, description="Why it was refused, postponed or failed: a code.")

    @classmethod
    def from_domain(cls, sms: Sms) -> Self:
        """The SMS, shown."""
        return cls(
            prompt=sms.prompt, said_at=sms.said_at, state=sms.state, state_since=sms.at, reason=sms.reason
        )


class FeedbackBody(Representation):
    """The conversation about a ride."""

    ride_id: str
    responder_id: str
    customer_id: str
    status: Literal["requested", "asked", "ended"] = Field(
        description="`requested`: the first SMS is not known to have gone out; `asked`: it is."
    )
    ending: Ending | None = None
    score: int | None = None
    call_wanted: bool
    created_at: datetime
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    called_at: datetime | None = None
    messages: tuple[SmsBody, ...]
    links: FeedbackLinks

    @classmethod
    def from_domain(cls, conversation: Conversation, links: FeedbackLinks) -> Self:
        """The conversation, shown."""
        status: Literal["requested", "asked", "ended"] = "asked" if conversation.asked_at else "requested"
        return cls(
            ride_id=conversation.ride_id,
            responder_id=conversation.responder_id,
            customer_id=conversation.customer_id,
            status=status if conversation.stage else "ended",
            ending=conversation.ending,
            score=conversation.score,
            call_wanted=conversation.call_wanted,
            created_at=conversation.created_at,
            asked_at=conversation.asked_at,
            answered_at=conversation.answered_at,
            ended_at=conversation.ended_at,
            called_at=conversation.called_at,
            messages=tuple(SmsBody.from_domain(sms) for sms in conversation.sms),
            links=links,
        )


class CallbackLinks(Representation):
    """Where to go from here. `self` takes DELETE, once the customer was called."""

    self_: str
    feedback: str


class CallbackBody(Representation):
    """A customer who waits for a call."""

    ride_id: str
    responder_id: str
    customer_id: str
    score: int
    requested_at: datetime
    links: CallbackLinks


class ListLinks(Representation):
    """`next` stands there unless this is the last page."""

    self_: str
    next: str | None = None


class Callbacks(Representation):
    """Customers who wait for a call, the longest waiting first."""

    callbacks: tuple[CallbackBody, ...]
    links: ListLinks
