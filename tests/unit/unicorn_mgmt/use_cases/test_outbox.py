"""What the table's stream announces: rides on the bus, answers given by hand to their return address."""

import json
from datetime import timedelta

import pytest

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.faults import throttled
from tests.support.unicorn_mgmt.invitations import NO, QUOTE, answer, by_hand, invitation, respond
from tests.support.unicorn_mgmt.messages import accepted, failed
from tests.support.unicorn_mgmt.world import API, NOW, REQUESTERS, World
from unicorn_mgmt.domain.unicorn import Outcome, Rating
from wild_rydes_messaging.deliver import DeliveryError

RIDE = "rfq-1.1"


def test_a_ride_that_a_unicorn_takes_is_confirmed_on_the_bus(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted(id_))
    [event] = world.announced(id_, before)
    assert (event["source"], event["detail-type"]) == ("wildrydes.unicorn-mgmt", "RideConfirmed")
    assert event["detail"]["data"] == {"ride_id": RIDE, "rfq_id": "rfq-1", "responder_id": id_}
    assert event["detail"]["metadata"]["correlation_id"] == "rfq-1"


def test_the_app_of_a_connected_unicorn_gets_its_ride(world: World) -> None:
    id_ = world.add("gandalf", connection="c-1")
    before = world.item(id_)
    world.decide(accepted(id_))
    world.announced(id_, before)
    ride = f"{API}/rides/{RIDE}"
    assert world.socket.pushed == [
        (
            "c-1",
            {
                "type": "ride",
                "ride-id": RIDE,
                "rfq-id": "rfq-1",
                "links": {"completion": f"{ride}/completion", "cancellation": f"{ride}/cancellation"},
            },
        )
    ]


@pytest.mark.parametrize(("status", "reason"), [(403, "403"), (410, None)])
def test_a_push_that_fails_holds_nothing_up(world: World, status: int, reason: str | None) -> None:
    id_ = world.add("gandalf", connection="c-1")
    before = world.item(id_)
    world.decide(accepted(id_))
    world.socket.failing["c-1"] = status
    assert len(world.announced(id_, before)) == 1
    reasons = [line["reason"] for line in world.logs if line["message"] == "cannot push"]
    assert len(reasons) == bool(reason)
    assert all(f"({reason})" in told for told in reasons)


def test_a_rejected_ride_is_announced_with_the_reason(world: World) -> None:
    world.decide(accepted("u-nobody"))
    [event] = world.announced(f"decision#{RIDE}", None)
    assert event["detail-type"] == "RideRejected"
    assert event["detail"]["data"] == {
        "ride_id": RIDE,
        "rfq_id": "rfq-1",
        "responder_id": "u-nobody",
        "reason": "unicorn-gone",
    }


def test_a_failed_booking_frees_the_unicorn_without_a_word(world: World) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    before = world.item(id_)
    world.decide(failed(id_))
    assert world.announced(id_, before) == []


@pytest.mark.parametrize(
    "zone", ["America/Los_Angeles", None]
)  # None: at sea, or booked before zones were told
def test_a_ride_ends_in_the_zone_that_its_booking_told(world: World, zone: str | None) -> None:
    id_ = world.add("gandalf")
    booking = accepted(id_, time_zone=zone)
    world.decide(booking)
    assert ("time_zone" in world.item(id_)["ride"]["M"]) == (zone is not None)
    world.decide(booking, accepted(id_, time_zone="Asia/Tokyo"))  # the first decides
    before = world.item(id_)
    world.unicorns.change(id_, lambda unicorn: unicorn.end(RIDE, "completed", NOW))
    [event] = world.announced(id_, before)
    assert event["detail"]["data"].get("time_zone") == zone


@pytest.mark.parametrize(
    ("outcome", "name", "more"),
    [
        ("completed", "RideCompleted", {"customer_id": "customer-of-rfq-1"}),
        ("cancelled", "RideRejected", {"reason": "cancelled-by-unicorn"}),
    ],
)
def test_the_end_of_a_ride_is_told(world: World, outcome: Outcome, name: str, more: dict[str, str]) -> None:
    id_ = world.add("gandalf")
    world.decide(accepted(id_))
    before = world.item(id_)
    end = NOW + timedelta(minutes=7)
    world.unicorns.change(id_, lambda unicorn: unicorn.end(RIDE, outcome, end))
    [event] = world.announced(id_, before)
    assert event["detail-type"] == name
    if name == "RideCompleted":
        more = {**more, "completed_at": "2026-11-21T09:07:00Z"}
    assert event["detail"]["data"] == {"ride_id": RIDE, "rfq_id": "rfq-1", "responder_id": id_, **more}


def test_other_changes_are_nobodys_business(world: World) -> None:
    id_ = world.add("gandalf")
    free = world.item(id_)
    world.decide(accepted(id_))
    busy = world.item(id_)
    world.unicorns.change(id_, lambda unicorn: unicorn.report(None, NOW))
    expired = {"Keys": {"id": {"S": id_}}, "OldImage": busy}
    records = [world.record(id_, busy), {"eventName": "REMOVE", "dynamodb": expired}]
    records.append({"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": id_}}, "NewImage": free}})
    world.invitations.open(invitation({id_: "gandalf"}))
    records.append(world.record("invitation#rfq-1", None))
    world.outbox().handle({"Records": records})
    assert world.published() == world.parked() == []
    assert world.logs[-1]["message"] == "told"  # each invocation says something


def test_the_same_batch_again_says_the_same_again(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted(id_), accepted(id_, "rfq-2.1"))
    [loser] = {RIDE, "rfq-2.1"} - {world.ride_of(id_)}
    batch = {"Records": [world.record(id_, before), world.record(f"decision#{loser}", None)]}
    world.outbox().handle(batch)
    world.outbox().handle(batch)
    ids = [event["detail"]["metadata"]["event_id"] for event in world.published()]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_garbage_in_the_stream_is_parked_and_stops_nothing_else(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted(id_))
    garbage = {"eventID": "77", "eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "u-x"}}}}
    world.outbox().handle({"Records": [garbage, world.record(id_, before)]})
    [parked] = world.parked()
    assert (parked["queue"], parked["event_id"]) == ("stream", "77")
    assert len(world.published()) == 1


def test_what_the_bus_does_not_take_comes_again(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted(id_))
    world.events.meta.events.register(
        "after-call.eventbridge.PutEvents",
        lambda parsed, **_: parsed["Entries"][0].update(ErrorCode="AccessDeniedException", ErrorMessage="no"),
    )
    with pytest.raises(DeliveryError):
        world.outbox().handle({"Records": [world.record(id_, before)]})


def test_neither_logs_nor_bus_learn_who_rides_or_where_before_it_is_over(world: World) -> None:
    id_ = world.add("gandalf")
    before = world.item(id_)
    world.decide(accepted(id_), failed(id_, "rfq-2.1"))
    heard = json.dumps(world.announced(id_, before))
    text = world.stream.getvalue()
    assert not [secret for secret in ("customer-of", "47.6", "122.3", "12.50") if secret in text + heard]


def test_an_answer_goes_to_who_asked(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    request = world.request()
    respond(world, request)
    before = world.item("invitation#rfq-1")
    assert answer(call, QUOTE) == 202
    record = world.record("invitation#rfq-1", before)
    world.outbox().handle({"Records": [record]})
    world.outbox().handle({"Records": [record]})
    first, again = world.answers()
    assert first["data"] == {
        "answers": [
            {
                "kind": "quote",
                "responder_id": id_,
                "display_name": "gandalf",
                "price": {"amount": "12.50", "currency": "USD"},
                "pickup_in_seconds": 240,
            }
        ]
    }
    assert first["metadata"]["correlation_id"] == "rfq-1"
    assert first["metadata"]["causation_id"] == json.loads(request)["detail"]["metadata"]["event_id"]
    assert again["metadata"]["event_id"] == first["metadata"]["event_id"]


def test_an_answer_tells_what_passengers_think_of_who_gave_it(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.unicorns.rate(id_, Rating(4, 30), 4)
    respond(world)
    before = world.item("invitation#rfq-1")
    answer(call, QUOTE)
    world.outbox().handle({"Records": [world.record("invitation#rfq-1", before)]})
    [told] = world.answers()
    assert told["data"]["answers"][0]["rating"] == {"count": 4, "total": 30}


def test_each_answer_is_a_message_of_its_own(world: World, call: Client) -> None:
    ids = {by_hand(world, name, name) for name in ("gandalf", "saruman")}
    respond(world)
    records = []
    for name, body in (("gandalf", QUOTE), ("saruman", NO)):
        before = world.item("invitation#rfq-1")
        answer(call, body, name)
        records.append(world.record("invitation#rfq-1", before))
    world.outbox().handle({"Records": records})
    answers = world.answers()
    assert {message["data"]["answers"][0]["responder_id"] for message in answers} == ids
    assert len({message["metadata"]["event_id"] for message in answers}) == 2


@pytest.mark.parametrize(
    ("reply_to", "reason"),
    [
        (REQUESTERS["wildrydes.nowhere"], "reply refused"),
        ("arn:aws:sqs:us-east-1:123456789012:of-a-requester-of-yesterday", "return address is no requester"),
    ],
)
def test_an_answer_that_nobody_takes_is_parked_and_holds_nothing_up(
    world: World, call: Client, reply_to: str, reason: str
) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.invitations.open(invitation({id_: "gandalf"}, reply_to=reply_to))
    before = world.item("invitation#rfq-1")
    assert answer(call, QUOTE) == 202
    ride = world.add("shadowfax")
    idle = world.item(ride)
    world.decide(accepted(ride))
    world.outbox().handle({"Records": [world.record("invitation#rfq-1", before), world.record(ride, idle)]})
    [parked] = world.parked()
    assert reason in parked["reason"]
    assert [event["detail-type"] for event in world.published()] == ["RideConfirmed"]


def test_logs_hold_no_price_and_no_place(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    before = world.item("invitation#rfq-1")
    answer(call, QUOTE)
    world.outbox().handle({"Records": [world.record("invitation#rfq-1", before)]})
    text = world.stream.getvalue()
    assert not [secret for secret in ("12.5", "47.6", "122.3", "gandalf") if secret in text]


@pytest.mark.moto
def test_an_answer_that_is_not_taken_for_now_comes_again(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    before = world.item("invitation#rfq-1")
    answer(call, QUOTE)
    batch = {"Records": [world.record("invitation#rfq-1", before)]}
    with throttled(world.sqs, "sqs.SendMessageBatch", times=1000), pytest.raises(DeliveryError):
        world.outbox().handle(batch)
    assert world.parked() == []
    assert not [line for line in world.logs if line["message"] == "replied" and "message_type" in line]
    world.outbox().handle(batch)  # moto has taken the refused ones all the same; they are one message
    assert len({message["metadata"]["event_id"] for message in world.answers()}) == 1
