"""Vehicles of fleets: who is asked for quotes, and what becomes of their rides."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.aws import reads, refusal
from tests.support.unicorn_mgmt.messages import accepted, failed, scored
from tests.support.unicorn_mgmt.world import AIRPORT, CARD, NOW, SPACE_NEEDLE, World, vehicle
from unicorn_mgmt.adapters.unicorn_table import rejection_from
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.unicorn import REMEMBERED_FOR, Place
from unicorn_mgmt.domain.vicinity import MAX_FOUND
from unicorn_mgmt.use_cases.neighbours import Neighbours

RIDE = "rfq-1.1"
NEXT_DOOR = Place(SPACE_NEEDLE.lat + 0.01, SPACE_NEEDLE.lon)
DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def quoted(world: World) -> dict[str, Any]:
    """Who answers the next RFQ, and what. All of them are asked."""
    assert world.responder().handle(world.deliver(world.request())) == DONE
    [response] = world.answers()
    answers = {answer["responder_id"]: answer for answer in response["data"]["answers"]}
    assert answers.keys() == {*response["data"]["asked"]}
    return answers


def nearest(world: World, most: int = MAX_FOUND) -> list[str]:
    found = Neighbours(world.unicorns, world.vehicles, max_found=most).nearest(SPACE_NEEDLE)
    return [each.unicorn_id for each in found]


def test_a_vehicle_answers_by_its_rate_card_as_a_unicorn_does(world: World) -> None:
    unicorn = world.add("gandalf", at=NEXT_DOOR)
    [near] = world.import_("7", name="Comet 7")
    [lame] = world.import_("8", card=replace(CARD, max_km=5))
    world.import_("far", at=AIRPORT)
    world.import_("old", retired=True)
    answers = quoted(world)
    assert answers.keys() == {unicorn, near, lame}
    assert answers[near] == {
        "kind": "quote",
        "responder_id": near,
        "display_name": "Comet 7",
        "price": {"amount": "26.99", "currency": "USD"},
        "pickup_in_seconds": 0,
    }
    assert answers[lame]["reason"] == "too-far"


def test_the_nearest_are_asked_be_they_unicorns_or_vehicles(world: World) -> None:
    def north(km: float) -> Place:
        return Place(SPACE_NEEDLE.lat + km / 111.2, SPACE_NEEDLE.lon)

    expected = []
    for km in range(4):
        expected += world.import_(f"{km}", at=north(km))
        expected.append(world.add(f"u{km}", at=north(km + 0.5)))
    assert nearest(world, most=7) == expected[:7]
    assert nearest(world) == expected


def test_a_vehicle_that_has_a_ride_is_not_asked_until_it_has_none(world: World) -> None:
    ours, other = world.import_("7", "8")
    world.decide(accepted(ours))
    reads.catch_up()
    assert quoted(world).keys() == {other}
    world.unicorns.change(ours, lambda known: known.end(RIDE, "completed", NOW))
    reads.catch_up()
    assert quoted(world).keys() == {ours, other}


def test_others_are_asked_in_the_place_of_those_that_have_a_ride(world: World) -> None:
    near = world.import_("1", "2", "3")
    far = world.import_("4", "5", at=NEXT_DOOR)
    world.decide(*(accepted(id_, f"rfq-{id_}.1") for id_ in near))
    reads.catch_up()
    assert {*nearest(world, most=4)} == {*far}
    assert {*nearest(world, most=3)} == {*far}


def test_a_rating_is_told_with_the_quote(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(accepted(ours))
    world.unicorns.change(ours, lambda known: known.end(RIDE, "completed", NOW))
    world.ratings().handle(world.deliver(scored(ours, 2, 9)))
    reads.catch_up()
    assert quoted(world)[ours]["rating"] == {"count": 2, "total": 9}


def test_an_rfq_with_no_vehicle_near_reads_no_more_than_their_areas(world: World, calls: list[str]) -> None:
    event = world.deliver(world.request())
    calls.clear()
    world.responder().handle(event)
    assert "BatchGetItem" not in calls
    assert calls.count("Query") <= 8 + 4


def test_an_rfq_comes_again_if_vehicles_cannot_be_read(world: World) -> None:
    world.import_("7")
    event = world.deliver(world.request())
    with patch.object(VehicleTable, "in_areas", side_effect=refusal("ThrottlingException")):
        assert len(world.responder().handle(event)["batchItemFailures"]) == 1
    assert not world.answers()


def test_a_vehicle_takes_a_ride_and_the_world_hears_of_it(world: World) -> None:
    [ours] = world.import_("7")
    world.unicorns.admit(vehicle("7"))
    before = world.item(ours)
    world.decide(accepted(ours))
    assert world.ride_of(ours) == RIDE
    [event] = world.announced(ours, before)
    assert event["detail-type"] == "RideConfirmed"
    assert event["detail"]["data"]["responder_id"] == ours
    before = world.item(ours)
    world.unicorns.change(ours, lambda known: known.end(RIDE, "completed", NOW), owner="p-comet")
    [event] = world.announced(ours, before)
    assert event["detail-type"] == "RideCompleted"


def test_its_first_booking_puts_it_on_the_books_which_is_news_to_nobody(world: World) -> None:
    [ours] = world.import_("7")
    world.unicorns.admit(vehicle("7"))
    assert world.announced(ours, None) == []
    again = world.item(ours)
    world.unicorns.admit(vehicle("7", name="Another"))
    assert world.item(ours) == again
    assert "cell" not in again, "it would be found twice"


def test_a_booking_is_taken_up_where_a_crash_has_left_it(world: World) -> None:
    [ours] = world.import_("7")
    with patch.object(world.dynamodb, "update_item", side_effect=refusal("ThrottlingException")):
        assert world.bookings().handle(world.deliver(accepted(ours)))["batchItemFailures"]
    assert world.ride_of(ours) is None
    world.decide(accepted(ours))
    assert world.ride_of(ours) == RIDE


def test_a_vehicle_with_a_ride_is_in_no_cell_of_unicorns(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(accepted(ours))
    assert "cell" not in world.item(ours)
    world.unicorns.change(ours, lambda known: known.end(RIDE, "completed", NOW))
    assert "cell" not in world.item(ours)


def test_of_two_customers_one_gets_the_vehicle(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(accepted(ours), accepted(ours, "rfq-2.1"))
    winner = world.ride_of(ours)
    [loser] = {RIDE, "rfq-2.1"} - {winner}
    assert rejection_from(world.item(f"decision#{loser}")).reason == "unicorn-busy"


@pytest.mark.parametrize("who", ["retired", "never imported", "retired since an earlier ride"])
def test_a_vehicle_that_is_no_longer_there_takes_no_ride(world: World, who: str) -> None:
    ours = vehicle("7").responder_id
    if who != "never imported":
        world.import_("7")
    if "since" in who:
        world.decide(accepted(ours, "rfq-0.1"))
        world.unicorns.change(ours, lambda known: known.end("rfq-0.1", "completed", NOW))
    if "retired" in who:
        world.import_("7", retired=True)
    world.decide(accepted(ours))
    assert rejection_from(world.item(f"decision#{RIDE}")).reason == "unicorn-gone"


def test_a_ride_goes_on_whatever_is_imported_meanwhile(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(accepted(ours))
    riding = world.item(ours)
    world.import_("7", name="Another", at=AIRPORT, card=replace(CARD, base=Decimal(99)))
    world.import_("7", retired=True)
    assert world.item(ours) == riding
    world.decide(accepted(ours))
    assert world.item(ours) == riding, "a duplicate changes nothing, though the vehicle is retired"
    assert world.unicorns.change(ours, lambda known: known.end(RIDE, "completed", NOW), owner="p-comet")
    assert world.ride_of(ours) is None


def test_a_booking_that_failed_before_it_came_never_begins(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(failed(ours))
    world.decide(accepted(ours))
    assert world.ride_of(ours) is None


def test_a_failed_booking_frees_the_vehicle_even_if_it_is_retired(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(accepted(ours))
    world.import_("7", retired=True)
    world.decide(failed(ours))
    assert world.ride_of(ours) is None


def test_a_booking_that_failed_long_ago_is_not_remembered(world: World) -> None:
    [ours] = world.import_("7")
    world.decide(failed(ours, at=NOW - REMEMBERED_FOR - timedelta(seconds=1)))
    assert "recent" not in world.item(ours)


def test_a_failed_booking_of_a_vehicle_that_nobody_knows_changes_nothing(world: World) -> None:
    world.decide(failed(vehicle("7").responder_id))
    assert world.dynamodb.scan(TableName="unicorn-mgmt", ConsistentRead=True)["Count"] == 0
