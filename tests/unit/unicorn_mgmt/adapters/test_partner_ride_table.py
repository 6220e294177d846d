"""Rides with partners in the table."""

from datetime import timedelta

import pytest

from tests.support.unicorn_mgmt.partner_samples import ASKED
from tests.support.unicorn_mgmt.world import NOW, World
from unicorn_mgmt.adapters.partner_ride_table import ride_from
from unicorn_mgmt.domain.partner_ride import Confirmed, PartnerRide, released
from wild_rydes_dynamodb.change import TableBusy

KEY = "ride#p-comet#rfq-1.1"


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


def test_a_doubt_is_kept(world: World) -> None:
    world.partner_rides.change("p-comet", "rfq-1.1", lambda _: ASKED)
    world.partner_rides.change("p-comet", "rfq-1.1", lambda ride: ride and ride.doubt(NOW))
    assert ride_from(world.item(KEY)).doubtful


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
