"""What the API tells about feedback: ids and answers, but no phone number and no text that a customer wrote."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from feedback.api.correction_bodies import CorrectionBody
from feedback.domain.conversation import Conversation, Ending, SurveyMachine
from feedback.domain.send_ledger import Sms, SmsState
from wild_rydes_http.body import Representation

MILLION = 1_000_000


class FeedbackLinks(Representation):
    """Related resources. `callback` is present if the customer wants a call, `corrections` once there is a score."""

    self_: str
    callback: str | None = None
    corrections: str | None = None


class SmsBody(Representation):
    """One SMS to the customer, and its delivery."""

    prompt: str = Field(description="The name of the text.", examples=["ask-score"])
    said_at: datetime
    state: SmsState
    state_since: datetime
    reason: str | None = Field(
        default=None, description="Why the SMS was refused, postponed or failed: a code."
    )
    parts: int | None = Field(
        default=None, description="How many messages the carrier made of it, each of which is charged."
    )
    price: float | None = Field(
        default=None, description="What AWS charges, the carrier's fee included, in US dollars."
    )
    not_before: datetime | None = Field(default=None, description="Until when a waiting SMS is postponed.")

    @classmethod
    def from_domain(cls, sms: Sms) -> Self:
        """Show an SMS."""
        return cls(
            prompt=sms.prompt,
            said_at=sms.said_at,
            state=sms.state,
            state_since=sms.at,
            reason=sms.reason,
            parts=sms.parts,
            price=None if sms.price is None else sms.price / MILLION,
            not_before=sms.not_before if sms.state == "waiting" else None,
        )


class FeedbackBody(Representation):
    """The conversation about a ride."""

    ride_id: str
    responder_id: str
    customer_id: str
    status: Literal["requested", "asked", "ended"] = Field(
        description="`requested`: the first SMS has not been confirmed as sent yet; `asked`: it has."
    )
    ending: Ending | None = None
    score: int | None = Field(
        default=None, description="The score in force, which counts in the responder's rating."
    )
    score_given: int | None = Field(default=None, description="The score as the customer has given it.")
    corrections: tuple[CorrectionBody, ...] = Field(description="The last one says which score is in force.")
    call_wanted: bool
    opted_out: bool = Field(description="Whether the customer has said to want no more messages.")
    created_at: datetime
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cost: float = Field(description="The prices of all SMS as far as they are known, in US dollars.")
    reminder_at: datetime | None = Field(
        default=None, description="When the customer is reminded, if they do not answer."
    )
    expires_at: datetime | None = Field(
        default=None, description="When the conversation ends, if the customer does not answer."
    )
    messages: tuple[SmsBody, ...]
    links: FeedbackLinks

    @classmethod
    def from_domain(cls, conversation: Conversation, machine: SurveyMachine, links: FeedbackLinks) -> Self:
        """Show a conversation."""
        status: Literal["requested", "asked", "ended"] = "asked" if conversation.asked_at else "requested"
        return cls(
            ride_id=conversation.ride_id,
            responder_id=conversation.responder_id,
            customer_id=conversation.customer_id,
            status=status if conversation.stage else "ended",
            ending=conversation.ending,
            score=conversation.score_in_force,
            score_given=conversation.score,
            corrections=tuple(CorrectionBody.from_domain(each) for each in conversation.corrections),
            call_wanted=conversation.call_wanted,
            opted_out=conversation.muted,
            created_at=conversation.created_at,
            asked_at=conversation.asked_at,
            answered_at=conversation.answered_at,
            ended_at=conversation.ended_at,
            cost=sum(sms.price or 0 for sms in conversation.sms) / MILLION,
            reminder_at=machine.reminder_at(conversation),
            expires_at=machine.expires_at(conversation),
            messages=tuple(SmsBody.from_domain(sms) for sms in conversation.sms),
            links=links,
        )


class ListLinks(Representation):
    """Related pages. `next` is absent on the last page."""

    self_: str
    next: str | None = None
