"""Bookings: who gets the unicorn, and what that changes in the table."""

import json
from datetime import timedelta

import pytest

from tests.support.unicorn_mgmt.messages import accepted, failed
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, NOW, SPACE_NEEDLE, World
from unicorn_mgmt.adapters.unicorn_table import rejection_from
from unicorn_mgmt.domain.unicorn import REMEMBERED_FOR, Outcome, Rejection, cell_of

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
RIDE = "rfq-1.1"


def test_a_free_unicorn_takes_the_ride(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    assert world.ride_of(id_) == RIDE


def test_deciding_costs_one_read_and_one_write(world: World, calls: list[str]) -> None:
    event = world.deliver(accepted(world.add("gandalf")))
    calls.clear()
    world.bookings().handle(event)
    assert calls == ["GetItem", "UpdateItem"]


def test_of_two_customers_one_gets_the_unicorn_and_the_other_hears_why_not(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_), accepted(id_, "rfq-2.1"))
    winner = world.ride_of(id_)
    [loser] = {RIDE, "rfq-2.1"} - {winner}
    rejection = rejection_from(world.item(f"decision#{loser}"))
    assert rejection == Rejection(loser, loser.partition(".")[0], id_, "unicorn-busy", NOW)


@pytest.mark.parametrize("who", ["not available", "never heard of"])
def test_who_is_gone_takes_no_ride(world: World, who: str) -> None:
    id_ = world.add("gandalf", at=None) if who == "not available" else "u-nobody"
    world.decide(accepted(id_))
    assert rejection_from(world.item(f"decision#{RIDE}")).reason == "unicorn-gone"


def test_a_duplicate_changes_nothing(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    before = world.item(id_)
    world.now = NOW + timedelta(seconds=5)
    world.decide(accepted(id_), accepted(id_))
    assert world.item(id_) == before


def test_a_rejection_is_written_once(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_, "rfq-2.1"))
    world.decide(accepted(id_))
    before = world.item(f"decision#{RIDE}")
    world.now = NOW + timedelta(seconds=5)
    world.decide(accepted(id_))
    assert world.item(f"decision#{RIDE}") == before


@pytest.mark.parametrize("outcome", ["completed", "cancelled", "released"])
def test_a_ride_that_is_over_never_begins_again(world: World, outcome: Outcome) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    world.unicorns.change(id_, lambda unicorn: unicorn.end(RIDE, outcome, NOW))
    world.decide(accepted(id_))
    assert world.ride_of(id_) is None
    assert "Item" not in world.dynamodb.get_item(
        TableName="unicorn-mgmt", Key={"id": {"S": f"decision#{RIDE}"}}
    )


def test_a_failed_booking_frees_the_unicorn_where_it_is(world: World) -> None:
    id_ = world.add("gandalf", at=SPACE_NEEDLE)
    world.decide(accepted(id_))
    world.decide(failed(id_))
    assert world.ride_of(id_) is None
    assert world.item(id_)["cell"] == {"S": cell_of(SPACE_NEEDLE)}


def test_the_failure_may_come_before_the_question(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(failed(id_))
    world.decide(accepted(id_))
    assert world.ride_of(id_) is None


def test_anothers_failure_frees_nobody(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    world.decide(failed(id_, "rfq-2.1"), failed("u-nobody", RIDE))
    assert world.ride_of(id_) == RIDE


def test_a_question_past_its_deadline_is_dropped_before_any_read(world: World, calls: list[str]) -> None:
    event = world.deliver(accepted(world.add("gandalf"), deadline=NOW))
    calls.clear()
    assert world.bookings().handle(event) == DONE
    assert calls == []


def test_a_failure_has_no_deadline(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    world.now = NOW + timedelta(days=3)
    world.decide(failed(id_))
    assert world.ride_of(id_) is None


def test_failures_of_long_ago_leave_no_trace(world: World, calls: list[str]) -> None:
    id_ = world.add("gandalf")
    world.decide(failed(id_, "rfq-recent.1"))
    before = world.item(id_)
    for number in range(2):
        for responder in (id_, "p-comet"):
            event = world.deliver(failed(responder, f"rfq-{number}.1", at=NOW - REMEMBERED_FOR))
            calls.clear()
            assert world.bookings().handle(event) == DONE
            assert calls == ["GetItem"], "nothing is written"
    assert world.item(id_) == before
    world.decide(accepted(id_, "rfq-recent.1"))
    assert world.ride_of(id_) is None, "it remembers what counts"
    calls.clear()
    world.decide(failed("p-comet", "rfq-late.1", at=NOW - REMEMBERED_FOR + timedelta(seconds=1)))
    assert "PutItem" in calls, "its booking may still come"


def test_a_busy_table_brings_the_message_again_and_parks_it_in_the_end(world: World) -> None:
    id_ = world.add("gandalf")
    body = accepted(id_)
    world.dynamodb.delete_table(TableName="unicorn-mgmt")
    event = world.deliver(body)
    returned = world.bookings().handle(event)
    assert returned == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(MAX_ATTEMPTS)
    assert world.bookings().handle(event) == DONE
    [parked] = world.parked()
    assert parked["error"] == "ResourceNotFoundException"


def test_asking_a_partner_costs_one_read_and_one_write_and_a_duplicate_no_write(
    world: World, calls: list[str]
) -> None:
    first, second = world.deliver(accepted("p-comet")), world.deliver(accepted("p-comet"))
    calls.clear()
    world.bookings().handle(first)
    assert calls == ["GetItem", "PutItem"]
    calls.clear()
    world.bookings().handle(second)
    assert calls == ["GetItem"]


def test_a_booking_at_a_partner_that_nobody_would_end_is_parked(world: World) -> None:
    body = json.loads(accepted("p-comet"))
    del body["detail"]["metadata"]["deadline"]
    world.decide(json.dumps(body))
    assert [parked["error"] for parked in world.parked()] == ["Unprocessable"]


def test_an_unknown_partner_is_gone(world: World) -> None:
    world.decide(accepted("p-nobody"))
    assert rejection_from(world.item(f"decision#{RIDE}")).reason == "unicorn-gone"
