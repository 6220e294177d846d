"""Rides with partners in the table, and what the stream of those writes has to tell."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.unicorn_mgmt.world import World
from tests.unit.unicorn_mgmt.domain.test_partner_ride import ASKED, NOW
from unicorn_mgmt.adapters.partner_ride_table import ride_from
from unicorn_mgmt.adapters.unicorn_table import TableBusy
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, PartnerRide, Refused, released
from unicorn_mgmt.use_cases.outbox import Told, told_by
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected

KEY = "ride#p-comet#rfq-1.1"


class Stream:
    """Writes a ride, and tells each write as the stream would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.old: dict[str, Any] | None = None

    def write(self, rule: Any) -> Told:
        self.world.partner_rides.change("p-comet", "rfq-1.1", rule)
        record = self.world.record(KEY, self.old)
        self.old = self.world.item(KEY)
        return told_by(record, NOW)


@pytest.fixture
def stream(world: World) -> Stream:
    return Stream(world)


def test_a_ride_is_read_as_it_was_written(world: World) -> None:
    full = Confirmed()
    world.partner_rides.change("p-comet", "rfq-1.1", lambda _: ASKED)
    change = world.partner_rides.change("p-comet", "rfq-1.1", lambda ride: ride and ride.heard(full, NOW))
    assert change.after == ride_from(world.item(KEY))
    assert change.after
    assert (change.after.state, change.after.terms, change.after.deadline) == (
        "confirmed",
        ASKED.terms,
        ASKED.deadline,
    )
    assert world.item(KEY)["expires_at"]["N"] == str(int((NOW + timedelta(days=7)).timestamp()))


def test_nothing_is_written_where_nothing_changes(world: World, calls: list[str]) -> None:
    world.partner_rides.change("p-comet", "rfq-1.1", lambda _: ASKED)
    calls.clear()
    change = world.partner_rides.change("p-comet", "rfq-1.1", lambda ride: ride)
    assert calls == ["GetItem"]
    assert change.before == change.after
    assert world.partner_rides.change("p-comet", "rfq-2.1", lambda ride: ride).after is None


def test_who_was_slower_looks_again(world: World) -> None:
    rides, tries = world.partner_rides, list[str | None]()

    def slow(ride: PartnerRide | None) -> PartnerRide | None:
        tries.append(ride.state if ride else None)
        if len(tries) == 1:  # somebody is faster
            rides.change("p-comet", "rfq-1.1", lambda _: released("rfq-1.1", "p-comet", NOW))
        return ride or ASKED

    assert rides.change("p-comet", "rfq-1.1", slow).before == ride_from(world.item(KEY))
    assert tries == [None, "released"]


def test_a_table_that_is_too_busy_is_said_to_be(world: World) -> None:
    rides = world.partner_rides
    rides.change("p-comet", "rfq-1.1", lambda _: ASKED)

    def hurried(ride: PartnerRide | None) -> PartnerRide | None:
        assert ride
        world.dynamodb.update_item(
            TableName="unicorn-mgmt",
            Key={"id": {"S": KEY}},
            UpdateExpression="ADD revision :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        return ride.release(NOW)

    with pytest.raises(TableBusy):
        rides.change("p-comet", "rfq-1.1", hurried)


def test_a_new_ride_is_ordered_with_its_deadline(stream: Stream) -> None:
    told = stream.write(lambda _: ASKED)
    [order] = told.orders
    assert (order.data.what, order.data.partner_id, order.data.ride_id) == ("book", "p-comet", "rfq-1.1")
    assert (order.metadata.deadline, order.metadata.correlation_id) == (ASKED.deadline, "rfq-1")
    assert not told.events


@pytest.mark.parametrize(
    ("news", "event"),
    [(Confirmed(), RideConfirmed), (Refused("none-free"), RideRejected), (Completed(), RideCompleted)],
)
def test_what_the_partner_says_goes_to_the_bus(stream: Stream, news: Any, event: type) -> None:
    stream.write(lambda _: ASKED)
    told = stream.write(lambda ride: ride.heard(news, NOW))
    [envelope] = told.events
    assert isinstance(envelope.data, event)
    assert not told.orders
    match envelope.data:
        case RideRejected(reason=reason):
            assert reason == "none-free"
        case RideCompleted() as completed:
            assert (completed.customer_id, completed.completed_at) == ("customer-1", NOW)


def test_an_end_is_ordered_without_a_deadline_and_the_bus_knows_it(stream: Stream) -> None:
    stream.write(lambda _: ASKED)
    told = stream.write(lambda ride: ride.release(NOW))
    [order] = told.orders
    assert (order.data.what, order.metadata.deadline) == ("cancel", None)
    assert not told.events


def test_a_yes_that_comes_too_late_is_cancelled_again_under_an_id_of_its_own(stream: Stream) -> None:
    stream.write(lambda _: ASKED)
    [first] = stream.write(lambda ride: ride.release(NOW)).orders
    [second] = stream.write(lambda ride: ride.heard(Confirmed(), NOW + timedelta(seconds=1))).orders
    assert (first.data, first.metadata.event_id) != (second.data, second.metadata.event_id)


def test_an_end_before_the_question_is_kept_and_tells_nothing(stream: Stream) -> None:
    assert stream.write(lambda _: released("rfq-1.1", "p-comet", NOW)) == Told()


def test_garbage_is_refused(world: World) -> None:
    image = {"id": {"S": KEY}, "state": {"S": "asked"}}
    record = {"eventName": "INSERT", "dynamodb": {"Keys": {"id": image["id"]}, "NewImage": image}}
    with pytest.raises(KeyError):
        told_by(record, NOW)
