"""Book a quote over the API, and follow the ride."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ride_booking.domain.rfq import MAX_RIDES
from ride_booking.domain.ride import QUOTES_VALID_FOR, Ride
from tests.support import aws
from tests.support.ride_booking.world import NOW, Answered, Api, World, quote, record, response

NEVER = "01a1fd55-5472-797f-b00e-2dcdef8f6e19"
BASE = "https://abc.execute-api.us-east-1.amazonaws.com/v1"


@pytest.fixture
def rfq_id(world: World) -> str:
    """A completed RFQ with two quotes."""
    kept = world.put()
    world.gather(response(kept.id, quote("u-a"), quote("u-b", "13.00"), asked=("u-a", "u-b")))
    return kept.id


def book(api: Api, rfq_id: str, quote_id: object = "u-a", **request: Any) -> Answered:
    return api.call("POST", f"/instant-ride-rfqs/{rfq_id}/bookings", {"quote-id": quote_id}, **request)


def refused(api: Api, rfq_id: str, *quote_id: str, **request: Any) -> tuple[int, str]:
    """Status and code of the answer to a booking."""
    answer = book(api, rfq_id, *quote_id, **request)
    return answer.status, answer.body["code"]


def test_a_booking_is_accepted_and_can_be_followed(api: Api, rfq_id: str) -> None:
    answer = book(api, rfq_id)

    assert answer.status == 202
    assert answer.headers["location"] == f"{BASE}/rides/{rfq_id}.1"
    assert answer.body == {
        "id": f"{rfq_id}.1",
        "rfq-id": rfq_id,
        "status": "pending",
        "responder-id": "u-a",
        "name": "Shadowfax",
        "price": {"amount": "12.50", "currency": "USD"},
        "pickup-in-seconds": 240,
        "booked-at": "2026-11-21T09:00:00.123000Z",
        "changed-at": "2026-11-21T09:00:00.123000Z",
        "confirmed-by": "2026-11-21T09:01:00.123000Z",
        "links": {"self": f"{BASE}/rides/{rfq_id}.1", "rfq": f"{BASE}/instant-ride-rfqs/{rfq_id}"},
    }
    followed = api.call("GET", f"/rides/{rfq_id}.1")
    assert (followed.status, followed.body) == (200, answer.body)


def test_one_consistent_read_and_one_write(api: Api, rfq_id: str, calls: list[str]) -> None:
    calls.clear()
    book(api, rfq_id)
    assert calls == ["GetItem", "UpdateItem"]


def test_one_live_ride_an_rfq(api: Api, rfq_id: str) -> None:
    book(api, rfq_id)
    assert [refused(api, rfq_id, q) for q in ("u-a", "u-b")] == [(409, "taken")] * 2


def test_the_same_request_again_has_the_same_answer(api: Api, rfq_id: str, world: World) -> None:
    first = book(api, rfq_id, Idempotency_Key="k")
    world.now += timedelta(minutes=30)

    again = book(api, rfq_id, Idempotency_Key="k")
    assert (again.status, again.body, again.headers["location"]) == (
        202,
        first.body,
        first.headers["location"],
    )
    assert refused(api, rfq_id, "u-b", Idempotency_Key="k") == (422, "key-reused")
    assert len(world.stored(rfq_id).rides) == 1


def test_a_booking_whose_timer_was_lost_ends_when_somebody_looks(api: Api, rfq_id: str, world: World) -> None:
    booked = book(api, rfq_id).body
    pending = world.stored(rfq_id)
    world.now = pending.rides[0].deadline

    aws.reads.catch_up()
    assert api.call("GET", f"/rides/{booked['id']}").body["status"] == "rejected"
    ended = world.stored(rfq_id)
    assert (ended.rides[0].status, ended.rides[0].reason) == ("rejected", "timeout")
    assert book(api, rfq_id, "u-b").status == 202
    world.outbox().handle({"Records": [record(ended, pending)]})
    assert [event["detail-type"] for event in world.published()] == ["RideBookingFailed"]


def test_after_a_rejection_the_next_quote_is_another_ride(api: Api, rfq_id: str, world: World) -> None:
    book(api, rfq_id)
    world.rfqs.change(
        rfq_id, lambda rfq: rfq.change_ride(1, lambda ride: ride.reject("unicorn-busy", NOW)), consistent=True
    )

    assert book(api, rfq_id, "u-b").body["id"] == f"{rfq_id}.2"
    first = api.call("GET", f"/rides/{rfq_id}.1").body
    assert (first["status"], first["reason"]) == ("rejected", "unicorn-busy")


def test_what_cannot_be_booked(api: Api, rfq_id: str, world: World) -> None:
    running, cancelled = world.put().id, world.put().id
    api.call("DELETE", f"/instant-ride-rfqs/{cancelled}")

    assert refused(api, running) == (409, "running")
    assert refused(api, cancelled) == (409, "cancelled")
    assert refused(api, rfq_id, "u-z") == (404, "unknown-quote")
    assert book(api, rfq_id, 7).status == 400
    assert book(api, rfq_id, Idempotency_Key=" ").status == 400
    world.now += QUOTES_VALID_FOR
    assert refused(api, rfq_id) == (410, "expired")
    assert world.stored(rfq_id).rides == ()


def test_after_too_many_attempts_the_customer_is_told_so(api: Api, rfq_id: str, world: World) -> None:
    failed = Ride("u-a", booked_at=NOW, changed_at=NOW, status="rejected", reason="unicorn-busy")
    world.rfqs.change(rfq_id, lambda rfq: replace(rfq, rides=(failed,) * MAX_RIDES))
    answer = book(api, rfq_id)
    assert (answer.status, answer.body["code"], answer.body["detail"]) == (
        409,
        "too-many-attempts",
        "Booking has failed too often. Request new quotes.",
    )


def test_of_another_customer_nothing_is_booked_and_nothing_seen(api: Api, rfq_id: str, world: World) -> None:
    assert book(api, rfq_id, sub="cust-2").body == book(api, NEVER, sub="cust-2").body
    assert book(api, rfq_id, sub="cust-2").status == 404
    assert world.stored(rfq_id).rides == ()
    book(api, rfq_id)
    foreign = api.call("GET", f"/rides/{rfq_id}.1", sub="cust-2")
    unknown = api.call("GET", f"/rides/{NEVER}.1", sub="cust-2")
    assert (foreign.status, foreign.body) == (404, unknown.body)
    assert book(api, rfq_id, groups=["unicorns"]).status == 403


@pytest.mark.parametrize("path", ["{}", "{}.2", "{}.0", "{}.01", "{}.x", "x.1", "..1"])
def test_rides_that_are_not_there(api: Api, rfq_id: str, path: str) -> None:
    book(api, rfq_id)
    assert api.call("GET", f"/rides/{path.format(rfq_id)}").status == 404
