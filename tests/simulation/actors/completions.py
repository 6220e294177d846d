"""Rides that end, as unicorn-mgmt tells of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulation.kernel import START
from wild_rydes_contracts import RideCompleted
from wild_rydes_contracts.envelope import Envelope
from wild_rydes_contracts.metadata import first_of


@dataclass(frozen=True)
class Ride:
    """A ride that is told of in `after` seconds, and had ended `late` seconds before that."""

    id: str
    customer: str
    responder: str
    after: float
    late: float
    time_zone: str | None
    again: tuple[float, ...]
    """Seconds after which it is told once more."""

    @property
    def ended_at(self) -> float:
        """When it ended."""
        return float(int(START + self.after - self.late))


def tell(world: Any, ride: Ride) -> None:
    """Put the event on the bus."""
    at = datetime.fromtimestamp(ride.ended_at, UTC)
    event = RideCompleted(
        ride_id=ride.id,
        rfq_id=ride.id.rpartition(".")[0],
        responder_id=ride.responder,
        customer_id=ride.customer,
        completed_at=at,
        time_zone=ride.time_zone,
    )
    metadata = first_of(RideCompleted, correlation_id=event.rfq_id, occurred_at=at)
    entry = {
        "EventBusName": world.stacks.parameters["/dev/wild-rydes/platform/bus-name"],
        "Source": event.source,
        "DetailType": event.name,
        "Detail": Envelope(metadata=metadata, data=event).to_json(),
        "Time": at,
    }
    world.aws.events.put_events({"Entries": [entry]})
    world.deliveries.begin()
