"""What the table's stream announces of partners: their rides, and their circuits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.unicorn_mgmt.messages import accepted, failed
from tests.support.unicorn_mgmt.world import NOW, TABLE, World
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed
from unicorn_mgmt.use_cases.outbox import Announcements, announcements_of
from wild_rydes_circuit_breaker import DynamoDbStore, Mode, Override, Record, State, set_mode
from wild_rydes_contracts import PartnerCircuitClosed, PartnerCircuitOpened
from wild_rydes_messaging.stream import Record as Change

RIDE = "rfq-1.1"
SECONDS = 1_795_000_000.0
PARTNER_RIDE = f"ride#p-comet#{RIDE}"


def rides_queue(world: World) -> str:
    url: str = world.sqs.create_queue(QueueName="p-comet-rides")["QueueUrl"]
    world.ride_queues["p-comet"] = url
    return url


def test_a_partner_is_asked_by_an_order_in_its_queue_until_the_deadline(world: World) -> None:
    queue = rides_queue(world)
    world.decide(accepted("p-comet"))
    assert world.announced(PARTNER_RIDE, None) == []  # the bus hears when the partner has answered
    [order] = world.answers(queue)
    assert order["data"] == {
        "what": "book",
        "partner_id": "p-comet",
        "ride_id": RIDE,
        "rfq_id": "rfq-1",
        "price": {"amount": "12.50", "currency": "USD"},
    }
    assert order["metadata"]["deadline"] == "2026-11-21T09:01:00Z"
    assert order["metadata"]["correlation_id"] == "rfq-1"


def test_a_partners_ride_ends_in_the_zone_that_its_booking_told(world: World) -> None:
    rides_queue(world)
    world.decide(accepted("p-comet", time_zone="America/Los_Angeles"), accepted("p-comet"))
    before = world.item(PARTNER_RIDE)
    world.partner_rides.change("p-comet", RIDE, lambda ride: ride and ride.heard(Completed(), NOW))
    [event] = world.announced(PARTNER_RIDE, before)
    assert event["detail"]["data"]["time_zone"] == "America/Los_Angeles"


def test_a_partners_ride_whose_booking_failed_is_cancelled_there_without_a_deadline(world: World) -> None:
    queue = rides_queue(world)
    world.decide(accepted("p-comet"))
    before = world.item(PARTNER_RIDE)
    world.now = NOW + timedelta(hours=3)
    world.decide(failed("p-comet"))
    assert world.announced(PARTNER_RIDE, before) == []
    [order] = world.answers(queue)
    assert order["data"]["what"] == "cancel"
    assert "deadline" not in order["metadata"]


def test_a_partner_is_not_asked_for_what_has_failed_before(world: World) -> None:
    queue = rides_queue(world)
    world.decide(failed("p-comet"))
    world.decide(accepted("p-comet"))
    assert world.announced(PARTNER_RIDE, None) == []
    assert world.answers(queue) == []


def test_an_order_for_who_is_a_partner_no_more_is_parked_and_stops_nothing_else(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted("p-comet"), accepted(id_, "rfq-2.1"))
    world.outbox().handle({"Records": [world.record(PARTNER_RIDE, None), world.record(id_, before)]})
    assert len(world.published()) == 1
    [parked] = world.parked()
    assert parked["reason"] == "no such partner"


def test_what_a_partner_says_of_its_ride_goes_to_the_bus(world: World) -> None:
    world.decide(accepted("p-comet"))
    before = world.item(PARTNER_RIDE)
    world.partner_rides.change("p-comet", RIDE, lambda ride: ride and ride.heard(Confirmed(), NOW))
    [event] = world.announced(PARTNER_RIDE, before)
    assert event["detail-type"] == "RideConfirmed"
    assert event["detail"]["data"] == {"ride_id": RIDE, "rfq_id": "rfq-1", "responder_id": "p-comet"}


def test_an_item_that_is_no_ride_is_refused() -> None:
    image = {"id": {"S": PARTNER_RIDE}, "state": {"S": "asked"}}
    with pytest.raises(KeyError):
        announcements_of(Change(PARTNER_RIDE, None, image, {}), NOW)


class Circuit:
    """Writes records of a circuit, and gives each write as the stream does."""

    def __init__(self, world: World) -> None:
        self.dynamodb = world.dynamodb
        self.store = DynamoDbStore(world.dynamodb, TABLE)
        self.old: dict[str, Any] | None = None

    def image(self) -> dict[str, Any]:
        key = {"id": {"S": "circuit#p-comet"}}
        found: dict[str, Any] = self.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
        return found

    def turn(self, state: State, *, opens: int, reason: str = "because") -> Change:
        before = self.store.read("p-comet")
        after = replace(
            before, revision=before.revision + 1, epoch=before.epoch + 1, state=state, opens=opens,
            since=SECONDS, retry_at=SECONDS + 2, reason=reason,
        )  # fmt: skip
        self.store.replace("p-comet", before, after)
        return self.written()

    def written(self) -> Change:
        old, self.old = self.old, self.image()
        return Change("circuit#p-comet", old, self.old, {})


@pytest.fixture
def circuit(world: World) -> Circuit:
    return Circuit(world)


def test_a_circuit_that_opens_and_closes_is_told_once_each(circuit: Circuit) -> None:
    changes = [
        circuit.turn(State.OPEN, opens=0),  # a check
        circuit.turn(State.HALF_OPEN, opens=0),
        circuit.turn(State.OPEN, opens=1, reason="probes: 5 failed"),
        circuit.turn(State.HALF_OPEN, opens=1),
        circuit.turn(State.OPEN, opens=2),
        circuit.turn(State.HALF_OPEN, opens=2),
        circuit.turn(State.CLOSED, opens=2, reason="probes: none failed"),
    ]
    opened, closed = [event for change in changes for event in announcements_of(change, NOW).events]
    assert isinstance(opened.data, PartnerCircuitOpened)
    assert (opened.data.partner_id, opened.data.reason) == ("p-comet", "probes: 5 failed")
    assert opened.data.retry_at.timestamp() == SECONDS + 2
    assert isinstance(closed.data, PartnerCircuitClosed)
    assert opened.metadata.event_id != closed.metadata.event_id
    assert announcements_of(changes[2], NOW).events == [opened]


def test_a_mode_set_by_a_person_is_told_with_the_reason(circuit: Circuit) -> None:
    set_mode(circuit.store, "p-comet", Override(Mode.FORCED_OPEN, "astrid", "x" * 300), now=SECONDS)
    [told] = announcements_of(circuit.written(), NOW).events
    assert isinstance(told.data, PartnerCircuitOpened)
    assert len(told.data.reason) == 200


def test_a_write_that_turns_nothing_tells_nothing(circuit: Circuit) -> None:
    circuit.store.replace("p-comet", Record(), Record(revision=1))
    assert announcements_of(circuit.written(), NOW) == Announcements()


def test_an_item_that_is_no_circuit_is_refused(circuit: Circuit) -> None:
    image = {"id": {"S": "circuit#p-comet"}, "revision": {"N": "1"}, "record": {"S": "?"}}
    with pytest.raises(ValueError, match="no circuit"):
        announcements_of(Change("circuit#p-comet", None, image, {}), NOW)
