"""The messages of a ride, from its booking to its end.

They carry ids only: `responder_id` is a unicorn or a partner fleet, `customer_id` the customer's subject in
the user directory. All of them have the RFQ's correlation id: one conversation runs from the first question
to the last mile.
"""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from wild_rydes_contracts.envelope import Event
from wild_rydes_contracts.scalars import ConversationId, Instant, ResponderId, TimeZone
from wild_rydes_contracts.values import Money

RejectionReason = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
"""Why a ride does not take place, as a short code.

Codes are `unicorn-busy`, `unicorn-gone`, `cancelled-by-unicorn` and `timeout`. Partner fleets add
`none-free`, `too-far`, `partner-refused`, `partner-unavailable` and `cancelled-by-partner`.
"""


class RideEvent(Event):
    """Base of these messages: the ids that each of them carries."""

    ride_id: ConversationId = Field(description="the ride")
    rfq_id: ConversationId = Field(description="the RFQ that it was booked from")
    responder_id: ResponderId = Field(description="the unicorn or partner fleet")


class QuoteAccepted(RideEvent):
    """A customer accepts a quote. Its responder confirms or rejects the ride.

    The service that owns the responder publishes RideConfirmed or RideRejected. From `metadata.deadline` on
    the customer no longer waits: a consumer drops a message that it reads later, and RideBookingFailed
    follows. `time_zone` is that of the place where the ride will end, absent where there is none.
    """

    name: ClassVar[str] = "QuoteAccepted"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(minutes=1)  # its deadline

    customer_id: ConversationId = Field(description="the customer, as the user directory has it")
    price: Money = Field(description="what was quoted")
    time_zone: TimeZone = None


class RideConfirmed(RideEvent):
    """The responder takes the ride, and no other until this one is over."""

    name: ClassVar[str] = "RideConfirmed"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(
        minutes=1
    )  # the booking's deadline, after which it has failed


class RideRejected(RideEvent):
    """The responder does not take the ride, or gives it up."""

    name: ClassVar[str] = "RideRejected"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)

    reason: RejectionReason = Field(description="a short code")


class RideBooked(RideEvent):
    """A ride is booked: customer and responder have both agreed."""

    name: ClassVar[str] = "RideBooked"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    unheard: ClassVar[str] = (
        "For whoever counts rides as they are booked, or plans with them: both sides know it from the status of the ride."
    )

    customer_id: ConversationId = Field(description="the customer, as the user directory has it")


class RideBookingFailed(RideEvent):
    """A booking has failed for good. A responder that was reserved for the ride is free again."""

    name: ClassVar[str] = "RideBookingFailed"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)

    reason: RejectionReason = Field(description="a short code")


class RideCompleted(RideEvent):
    """A ride is over: the customer has arrived.

    `time_zone` is that of the place, as QuoteAccepted told it: the customer is probably still there.
    """

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)

    customer_id: ConversationId = Field(description="the customer, as the user directory has it")
    completed_at: Instant = Field(description="when the customer arrived")
    time_zone: TimeZone = None
