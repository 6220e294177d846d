"""RideCompleted as it may be one day, in versions 2 and 3: for tests alone."""

from datetime import timedelta
from typing import ClassVar, Self

from wild_rydes_contracts import ConversationId, Message, RideCompleted
from wild_rydes_contracts.envelope import Contract
from wild_rydes_contracts.rides import RideEvent
from wild_rydes_contracts.scalars import Instant, TimeZone


class Arrival(Contract):
    """When a ride was over, and the time zone of the place."""

    at: Instant
    time_zone: TimeZone = None


class RideCompletedV2(RideEvent):
    """A ride is over. The customer is its rider."""

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 2
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    follows: ClassVar[type[Message] | None] = RideCompleted

    rider_id: ConversationId
    arrival: Arrival

    @classmethod
    def upcast(cls, old: RideCompleted) -> Self:
        """Give the old fields their new names and places."""
        return cls(
            ride_id=old.ride_id,
            rfq_id=old.rfq_id,
            responder_id=old.responder_id,
            rider_id=old.customer_id,
            arrival=Arrival(at=old.completed_at, time_zone=old.time_zone),
        )


class RideCompletedV3(RideEvent):
    """A ride is over. Nobody on the bus learns whose it was, and the time zone is always there."""

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 3
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    follows: ClassVar[type[Message] | None] = RideCompletedV2

    arrival: Arrival

    @classmethod
    def upcast(cls, old: RideCompletedV2) -> Self:
        """Take UTC for a time zone that is not known."""
        return cls(
            ride_id=old.ride_id,
            rfq_id=old.rfq_id,
            responder_id=old.responder_id,
            arrival=Arrival(at=old.arrival.at, time_zone=old.arrival.time_zone or "Etc/UTC"),
        )
