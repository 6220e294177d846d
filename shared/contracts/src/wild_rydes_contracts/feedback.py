"""The messages of a feedback conversation: what a customer thought of a ride.

They carry ids and the score. The customer's phone number and words stay in the feedback service.
"""

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field

from wild_rydes_contracts.envelope import Event
from wild_rydes_contracts.scalars import ConversationId, Instant, ResponderId
from wild_rydes_contracts.values import HIGHEST_SCORE, LOWEST_SCORE, Rating, RatingRevision

FeedbackEnding = Literal["no-answer", "not-understood", "opted-out", "undeliverable"]
"""Why a customer who was asked gave no score."""

CallbackOutcome = Literal[
    "reached",  # agent and customer have talked
    "not-reached",  # nobody answers, and nobody will try again
    "wrong-number",  # somebody else answers
    "not-wanted",  # the customer no longer wants to talk
]
"""How a call to a customer ended."""


class FeedbackEvent(Event):
    """Base of these messages: the ride, its responder and its customer."""

    useful_life: ClassVar[timedelta] = timedelta(days=1)

    ride_id: ConversationId = Field(description="the ride")
    responder_id: ResponderId = Field(description="the unicorn or partner fleet")
    customer_id: ConversationId = Field(description="the customer, as the user directory has it")


class FeedbackRequested(FeedbackEvent):
    """The customer of a ride has been asked for a score. FeedbackReceived or FeedbackExpired follows."""

    name: ClassVar[str] = "FeedbackRequested"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1
    unheard: ClassVar[str] = "For whoever measures how many of those who are asked give a score."

    requested_at: Instant = Field(description="when the customer was asked")


class FeedbackReceived(FeedbackEvent):
    """The customer of a ride gave a score. Each time that it is corrected, a FeedbackCorrected follows.

    `rating` is the responder's rating, this score included. Without `rating_revision` its count is the revision.
    """

    name: ClassVar[str] = "FeedbackReceived"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1

    score: int = Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE, description="what the customer gave")
    rating: Rating = Field(description="the responder's, this score included")
    rating_revision: RatingRevision | None = Field(default=None, description="of two, the higher is newer")
    received_at: Instant = Field(description="when the score came")


class FeedbackCorrected(FeedbackEvent):
    """The support team has put another score in the place of one, or has voided it: then `score` is absent.

    `rating` is the responder's rating after that, absent if no score is left. The one with the highest
    `rating_revision` is the newest, in whatever order this and FeedbackReceived arrive.
    """

    name: ClassVar[str] = "FeedbackCorrected"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1

    score: int | None = Field(
        default=None,
        ge=LOWEST_SCORE,
        le=HIGHEST_SCORE,
        description="the one that counts, absent if none does",
    )
    rating: Rating | None = Field(
        default=None, description="what the responder has after that, absent if it has no score"
    )
    rating_revision: RatingRevision = Field(description="of two, the higher is newer")
    corrected_at: Instant = Field(description="when it was corrected")


class CallbackRequested(FeedbackEvent):
    """The customer of a ride that went badly wants a call from the support team.

    `score` is the one that the customer has given, whatever support has put in its place.
    """

    name: ClassVar[str] = "CallbackRequested"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1
    unheard: ClassVar[str] = (
        "For whoever else looks after customers: the support team has its queue in the feedback service."
    )

    score: int = Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE, description="what the customer gave")
    requested_at: Instant = Field(description="when the customer asked for it")


class CallbackDone(FeedbackEvent):
    """The support team is done with a call that a customer wanted. It does not say who called."""

    name: ClassVar[str] = "CallbackDone"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1
    unheard: ClassVar[str] = (
        "For whoever else looks after customers: the support team has its queue in the feedback service."
    )

    outcome: CallbackOutcome = Field(description="how the call ended")
    done_at: Instant = Field(description="when support was done with it")


class FeedbackExpired(FeedbackEvent):
    """The customer of a ride was asked for a score, and the conversation ended without one."""

    name: ClassVar[str] = "FeedbackExpired"
    source: ClassVar[str] = "wildrydes.feedback"
    version: ClassVar[int] = 1
    unheard: ClassVar[str] = "For whoever measures how many of those who are asked give a score."

    reason: FeedbackEnding = Field(description="why there is no score")
    expired_at: Instant = Field(description="when the conversation ended")
