"""What a booking does to a unicorn: events on the bus in, events on the bus out."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener
from tests.support.clients import Customer, Fleet, Json, Place, Unicorn, metadata
from tests.support.patience import eventually

BOOKINGS = "wildrydes.ride-booking"


class Bus:
    """The bus, as ride-booking uses it."""

    def __init__(self, cloud: Cloud) -> None:
        self._name, self._events = cloud.names.of(BUS_NAME), cloud.client("events")
        self._listener = Listener(cloud, "wildrydes.unicorn-mgmt")
        self.close = self._listener.close

    def publish(self, name: str, data: Json, **more: str) -> None:
        detail = {"metadata": {**metadata(data["rfq_id"]), **more}, "data": data}
        entry = {"EventBusName": self._name, "Source": BOOKINGS, "DetailType": name}
        self._events.put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])

    def accept(self, unicorn: Unicorn, ride: str, seconds: float = 3600) -> None:
        """A customer accepts this unicorn's quote."""
        price = {"amount": "12.50", "currency": "USD"}
        data = _ride(unicorn, ride) | {"customer_id": "c-1", "price": price}
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self.publish("QuoteAccepted", data, deadline=deadline.isoformat())

    def fail(self, unicorn: Unicorn, ride: str) -> None:
        """The booking times out."""
        self.publish("RideBookingFailed", _ride(unicorn, ride) | {"reason": "timeout"})

    def heard(self, ride: str, count: int = 1) -> list[tuple[str, Json]]:
        """The first events about a ride, as names and data."""

        def look() -> list[tuple[str, Json]]:
            return [(e["detail-type"], e["detail"]["data"]) for e in self._listener.about(ride)]

        return eventually(look, f"{count} events about {ride}", lambda found: len(found) >= count)


def _ride(unicorn: Unicorn, ride: str) -> Json:
    return {"ride_id": ride, "rfq_id": ride.rpartition(".")[0], "responder_id": unicorn.id}


@pytest.fixture
def bus(cloud: Cloud) -> Iterator[Bus]:
    bus = Bus(cloud)
    yield bus
    bus.close()


@pytest.fixture
def ride() -> str:
    return f"{uuid.uuid4()}.1"


def asked(customer: Customer, place: Place) -> int:
    count: int = customer.result(customer.submit(place))["responders"]["asked"]
    return count


def test_a_booked_unicorn_is_not_found_until_it_has_completed_the_ride(
    bus: Bus, customer: Customer, fleet: Fleet, place: Place, ride: str
) -> None:
    unicorn = fleet.register(place)
    assert asked(customer, place) == 1
    bus.accept(unicorn, ride)
    assert bus.heard(ride) == [("RideConfirmed", _ride(unicorn, ride))]
    assert asked(customer, place) == 0

    shown = unicorn.show()["ride"]
    assert (shown["id"], shown["rfq-id"]) == (ride, ride.rpartition(".")[0])
    assert [unicorn.http.post(shown["links"]["completion"]).status_code for _ in range(2)] == [204, 204]
    assert unicorn.http.post(shown["links"]["cancellation"]).status_code == 409
    _, (name, data) = bus.heard(ride, 2)
    assert name == "RideCompleted"
    assert data.items() >= (_ride(unicorn, ride) | {"customer_id": "c-1"}).items()
    assert "ride" not in unicorn.show()
    assert asked(customer, place) == 1


def test_two_bookings_of_one_unicorn_come_to_one_ride(bus: Bus, fleet: Fleet, place: Place) -> None:
    unicorn = fleet.register(place)
    rides = [f"{uuid.uuid4()}.1" for _ in range(6)]
    for ride in rides:
        bus.accept(unicorn, ride)
        bus.accept(unicorn, ride)
    outcomes = {ride: bus.heard(ride)[0] for ride in rides}
    [winner] = [ride for ride, (name, _) in outcomes.items() if name == "RideConfirmed"]
    assert unicorn.show()["ride"]["id"] == winner
    for ride in set(rides) - {winner}:
        assert outcomes[ride] == ("RideRejected", _ride(unicorn, ride) | {"reason": "unicorn-busy"})


def test_a_unicorn_gives_a_ride_up(bus: Bus, fleet: Fleet, place: Place, ride: str) -> None:
    unicorn = fleet.register(place)
    bus.accept(unicorn, ride)
    bus.heard(ride)
    assert unicorn.http.post(unicorn.show()["ride"]["links"]["cancellation"]).status_code == 204
    _, rejected = bus.heard(ride, 2)
    assert rejected == ("RideRejected", _ride(unicorn, ride) | {"reason": "cancelled-by-unicorn"})


def test_a_failed_booking_frees_the_unicorn_and_its_duplicates_never_begin_the_ride_again(
    bus: Bus, fleet: Fleet, place: Place, ride: str
) -> None:
    unicorn = fleet.register(place)
    bus.accept(unicorn, ride)
    bus.heard(ride)
    bus.fail(unicorn, ride)
    eventually(unicorn.show, "the unicorn is free", lambda shown: "ride" not in shown)
    bus.accept(unicorn, ride)
    other = f"{uuid.uuid4()}.1"
    bus.accept(unicorn, other)  # handled by the same queue after the duplicate, or beside it
    assert bus.heard(other) == [("RideConfirmed", _ride(unicorn, other))]
    assert bus.heard(ride) == [("RideConfirmed", _ride(unicorn, ride))]


def test_a_booking_that_nobody_waits_for_any_more_is_not_confirmed(
    bus: Bus, fleet: Fleet, place: Place, ride: str
) -> None:
    unicorn = fleet.register(place)
    bus.accept(unicorn, ride, seconds=-1)
    other = f"{uuid.uuid4()}.1"
    bus.accept(unicorn, other)
    assert bus.heard(other) == [("RideConfirmed", _ride(unicorn, other))]


def test_a_unicorn_that_has_gone_home_takes_no_ride(bus: Bus, fleet: Fleet, place: Place, ride: str) -> None:
    unicorn = fleet.register(place)
    unicorn.report(place, available=False)
    bus.accept(unicorn, ride)
    assert bus.heard(ride) == [("RideRejected", _ride(unicorn, ride) | {"reason": "unicorn-gone"})]
