"""Bookings, from the accepted quote to what the bus hears of them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, NOW, World, accepted, failed
from unicorn_mgmt.domain.unicorn import Outcome, cell_of
from wild_rydes_messaging.deliver import DeliveryError

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
RIDE = "rfq-1.1"


def decide(world: World, *bodies: str) -> None:
    assert world.confirming().handle(world.deliver(*bodies)) == DONE


def told(world: World, id_: str, before: dict[str, Any] | None) -> list[dict[str, Any]]:
    world.telling().handle({"Records": [world.record(id_, before)]})
    return world.published()


def ride_of(world: World, id_: str) -> str | None:
    ride = world.item(id_).get("ride")
    return ride["M"]["id"]["S"] if ride else None


def test_a_free_unicorn_takes_the_ride_and_says_so(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted(id_))
    assert ride_of(world, id_) == RIDE
    [event] = told(world, id_, before)
    assert (event["source"], event["detail-type"]) == ("wildrydes.unicorn-mgmt", "RideConfirmed")
    assert event["detail"]["data"] == {"ride_id": RIDE, "rfq_id": "rfq-1", "responder_id": id_}
    assert event["detail"]["metadata"]["correlation_id"] == "rfq-1"


def test_deciding_costs_one_read_and_one_write(world: World, calls: list[str]) -> None:
    event = world.deliver(accepted(world.add("gandalf")))
    calls.clear()
    world.confirming().handle(event)
    assert calls == ["GetItem", "UpdateItem"]


def test_of_two_customers_one_gets_the_unicorn_and_the_other_hears_why_not(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_), accepted(id_, "rfq-2.1"))
    winner = ride_of(world, id_)
    [loser] = {RIDE, "rfq-2.1"} - {winner}
    [event] = told(world, f"decision#{loser}", None)
    assert event["detail-type"] == "RideRejected"
    assert event["detail"]["data"] == {
        "ride_id": loser,
        "rfq_id": loser.partition(".")[0],
        "responder_id": id_,
        "reason": "unicorn-busy",
    }


@pytest.mark.parametrize("who", ["not available", "never heard of"])
def test_who_is_gone_takes_no_ride(world: World, who: str) -> None:
    id_ = world.add("gandalf", at=None) if who == "not available" else "u-nobody"
    decide(world, accepted(id_))
    [event] = told(world, f"decision#{RIDE}", None)
    assert event["detail"]["data"]["reason"] == "unicorn-gone"


def test_a_duplicate_changes_nothing(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    before = world.item(id_)
    world.now = NOW + timedelta(seconds=5)
    decide(world, accepted(id_), accepted(id_))
    assert world.item(id_) == before


def test_a_rejection_is_written_once(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_, "rfq-2.1"))
    decide(world, accepted(id_))
    before = world.item(f"decision#{RIDE}")
    world.now = NOW + timedelta(seconds=5)
    decide(world, accepted(id_))
    assert world.item(f"decision#{RIDE}") == before


@pytest.mark.parametrize("outcome", ["completed", "cancelled", "released"])
def test_a_ride_that_is_over_never_begins_again(world: World, outcome: Outcome) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    world.store.change(id_, lambda unicorn: unicorn.end(RIDE, outcome, NOW))
    decide(world, accepted(id_))
    assert ride_of(world, id_) is None
    assert "Item" not in world.dynamodb.get_item(
        TableName="unicorn-mgmt", Key={"id": {"S": f"decision#{RIDE}"}}
    )


def test_a_failed_booking_frees_the_unicorn_without_a_word(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    before = world.item(id_)
    decide(world, failed(id_))
    assert ride_of(world, id_) is None
    assert world.item(id_)["cell"] == {"S": cell_of_gandalf(world, id_)}
    assert told(world, id_, before) == []


def cell_of_gandalf(world: World, id_: str) -> str:
    unicorn = world.store.find(id_, "gandalf")
    assert unicorn
    assert unicorn.position
    return cell_of(unicorn.position)


def test_the_failure_may_come_before_the_question(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, failed(id_))
    decide(world, accepted(id_))
    assert ride_of(world, id_) is None


def test_anothers_failure_frees_nobody(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    decide(world, failed(id_, "rfq-2.1"), failed("u-nobody", RIDE))
    assert ride_of(world, id_) == RIDE


def test_a_question_past_its_deadline_is_dropped_before_any_read(world: World, calls: list[str]) -> None:
    event = world.deliver(accepted(world.add("gandalf"), deadline=NOW))
    calls.clear()
    assert world.confirming().handle(event) == DONE
    assert calls == []


def test_a_failure_has_no_deadline(world: World) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    world.now = NOW + timedelta(days=3)
    decide(world, failed(id_))
    assert ride_of(world, id_) is None


@pytest.mark.parametrize(
    ("outcome", "name", "more"),
    [
        ("completed", "RideCompleted", {"customer_id": "customer-of-rfq-1"}),
        ("cancelled", "RideRejected", {"reason": "cancelled-by-unicorn"}),
    ],
)
def test_the_end_of_a_ride_is_told(world: World, outcome: Outcome, name: str, more: dict[str, str]) -> None:
    id_ = world.add("gandalf")
    decide(world, accepted(id_))
    before = world.item(id_)
    end = NOW + timedelta(minutes=7)
    world.store.change(id_, lambda unicorn: unicorn.end(RIDE, outcome, end))
    [event] = told(world, id_, before)
    assert event["detail-type"] == name
    if name == "RideCompleted":
        more = {**more, "completed_at": "2026-11-21T09:07:00Z"}
    assert event["detail"]["data"] == {"ride_id": RIDE, "rfq_id": "rfq-1", "responder_id": id_, **more}


def test_other_changes_are_nobodys_business(world: World) -> None:
    id_ = world.add("gandalf")
    free = world.item(id_)
    decide(world, accepted(id_))
    busy = world.item(id_)
    world.store.change(id_, lambda unicorn: unicorn.report(None, NOW))
    records = [world.record(id_, busy), {"eventName": "REMOVE", "dynamodb": {"Keys": {"id": {"S": id_}}}}]
    records.append({"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": id_}}, "NewImage": free}})
    world.telling().handle({"Records": records})
    assert world.published() == world.parked() == []
    assert world.logs[-1]["message"] == "told"  # each invocation says something


def test_the_same_batch_again_says_the_same_again(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted(id_), accepted(id_, "rfq-2.1"))
    [loser] = {RIDE, "rfq-2.1"} - {ride_of(world, id_)}
    batch = {"Records": [world.record(id_, before), world.record(f"decision#{loser}", None)]}
    world.telling().handle(batch)
    world.telling().handle(batch)
    ids = [event["detail"]["metadata"]["event_id"] for event in world.published()]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_garbage_in_the_stream_is_parked_and_stops_nothing_else(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted(id_))
    garbage = {"eventID": "77", "eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "u-x"}}}}
    world.telling().handle({"Records": [garbage, world.record(id_, before)]})
    [parked] = world.parked()
    assert (parked["queue"], parked["event_id"]) == ("stream", "77")
    assert len(world.published()) == 1


def test_what_the_bus_does_not_take_comes_again(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted(id_))
    world.events.meta.events.register(
        "after-call.eventbridge.PutEvents",
        lambda parsed, **_: parsed["Entries"][0].update(ErrorCode="MalformedDetail", ErrorMessage="no"),
    )
    with pytest.raises(DeliveryError):
        world.telling().handle({"Records": [world.record(id_, before)]})


def test_a_busy_table_brings_the_message_again_and_parks_it_in_the_end(world: World) -> None:
    id_ = world.add("gandalf")
    body = accepted(id_)
    world.dynamodb.delete_table(TableName="unicorn-mgmt")
    event = world.deliver(body)
    returned = world.confirming().handle(event)
    assert returned == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(MAX_ATTEMPTS)
    assert world.confirming().handle(event) == DONE
    [parked] = world.parked()
    assert parked["error"] == "ResourceNotFoundException"


def test_neither_logs_nor_bus_learn_who_rides_or_where_before_it_is_over(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted(id_), failed(id_, "rfq-2.1"))
    heard = json.dumps(told(world, id_, before))
    text = world.stream.getvalue()
    assert not [secret for secret in ("customer-of", "47.6", "122.3", "12.50") if secret in text + heard]


PARTNER_RIDE = f"ride#p-comet#{RIDE}"


def rides_queue(world: World) -> str:
    url: str = world.sqs.create_queue(QueueName="p-comet-rides")["QueueUrl"]
    world.ride_queues["p-comet"] = url
    return url


def test_a_partner_is_asked_by_an_order_in_its_queue_until_the_deadline(world: World) -> None:
    queue = rides_queue(world)
    decide(world, accepted("p-comet"))
    assert told(world, PARTNER_RIDE, None) == []  # the bus hears when the partner has answered
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


def test_asking_a_partner_costs_one_read_and_one_write_and_a_duplicate_no_write(
    world: World, calls: list[str]
) -> None:
    first, second = world.deliver(accepted("p-comet")), world.deliver(accepted("p-comet"))
    calls.clear()
    world.confirming().handle(first)
    assert calls == ["GetItem", "PutItem"]
    calls.clear()
    world.confirming().handle(second)
    assert calls == ["GetItem"]


def test_a_partners_ride_whose_booking_failed_is_cancelled_there_without_a_deadline(world: World) -> None:
    queue = rides_queue(world)
    decide(world, accepted("p-comet"))
    before = world.item(PARTNER_RIDE)
    world.now = NOW + timedelta(hours=3)
    decide(world, failed("p-comet"))
    assert told(world, PARTNER_RIDE, before) == []
    [order] = world.answers(queue)
    assert order["data"]["what"] == "cancel"
    assert "deadline" not in order["metadata"]


def test_a_partner_is_not_asked_for_what_has_failed_before(world: World) -> None:
    queue = rides_queue(world)
    decide(world, failed("p-comet"))
    decide(world, accepted("p-comet"))
    assert told(world, PARTNER_RIDE, None) == []
    assert world.answers(queue) == []


def test_a_booking_at_a_partner_that_nobody_would_end_is_parked(world: World) -> None:
    body = json.loads(accepted("p-comet"))
    del body["detail"]["metadata"]["deadline"]
    decide(world, json.dumps(body))
    assert [parked["error"] for parked in world.parked()] == ["Unprocessable"]


def test_an_order_for_who_is_a_partner_no_more_is_parked_and_stops_nothing_else(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    decide(world, accepted("p-comet"), accepted(id_, "rfq-2.1"))
    world.telling().handle({"Records": [world.record(PARTNER_RIDE, None), world.record(id_, before)]})
    assert len(world.published()) == 1
    [parked] = world.parked()
    assert parked["reason"] == "no such partner"


def test_an_unknown_partner_is_gone(world: World) -> None:
    decide(world, accepted("p-nobody"))
    [event] = told(world, f"decision#{RIDE}", None)
    assert event["detail"]["data"]["reason"] == "unicorn-gone"
