"""The messages of a ride, from its booking to its end.

They carry ids alone: `responder_id` is who drives, `customer_id` the customer's subject in the user directory. The
correlation id of all of them is the RFQ's, so that one conversation reaches from the first question to the last mile.
"""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from wild_rydes_contracts.envelope import ConversationId, Event
from wild_rydes_contracts.values import Money, ResponderId

RejectionReason = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
"""Why a ride did not come about, as a short code: `unicorn-busy`, `unicorn-gone`, `cancelled-by-unicorn`, `timeout`; of partner
fleets `none-free`, `too-far`, `partner-refused`, `cancelled-by-partner`."""


class RideEvent(Event):
    """Base of these messages: what each of them names."""

    ride_id: ConversationId
    rfq_id: ConversationId
    responder_id: ResponderId


class QuoteAccepted(RideEvent):
    """A customer wants to ride for this quote: its responder confirms or rejects.

    Whoever owns the responder publishes RideConfirmed or RideRejected. After `metadata.deadline` the customer no longer
    waits: what is read later is dropped, and RideBookingFailed says that nothing came of it.
    """

    name: ClassVar[str] = "QuoteAccepted"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1

    customer_id: ConversationId
    price: Money


class RideConfirmed(RideEvent):
    """The responder has taken the ride, and no other until it is over."""

    name: ClassVar[str] = "RideConfirmed"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1


class RideRejected(RideEvent):
    """The responder does not take the ride, or has given it up."""

    name: ClassVar[str] = "RideRejected"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    reason: RejectionReason


class RideBooked(RideEvent):
    """A booking has come about: customer and responder have both agreed."""

    name: ClassVar[str] = "RideBooked"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1

    customer_id: ConversationId


class RideBookingFailed(RideEvent):
    """A booking has come to nothing, for good. A responder that holds itself ready for the ride is free again."""

    name: ClassVar[str] = "RideBookingFailed"
    source: ClassVar[str] = "wildrydes.ride-booking"
    version: ClassVar[int] = 1

    reason: RejectionReason


class RideCompleted(RideEvent):
    """A ride is over: the customer was set down."""

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    customer_id: ConversationId
    completed_at: AwareDatetime
