"""The messages of a ride, from its booking to its end."""

from typing import ClassVar

from pydantic import AwareDatetime

from wild_rydes_contracts.envelope import ConversationId, Event
from wild_rydes_contracts.values import ResponderId


class RideCompleted(Event):
    """A ride is over: the customer was set down.

    Says who rode with whom by ids alone; `customer_id` is the customer's subject in the user directory.
    """

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    ride_id: ConversationId
    rfq_id: ConversationId
    responder_id: ResponderId
    customer_id: ConversationId
    completed_at: AwareDatetime
