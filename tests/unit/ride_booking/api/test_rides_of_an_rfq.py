"""Whoever has an RFQ finds what was booked on it, without having been told the ride's id."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support import aws
from tests.support.ride_booking.world import NOW, Api, World, news, quote, response
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected


@pytest.fixture
def rfq_id(world: World) -> str:
    """A completed RFQ with two quotes."""
    kept = world.put()
    world.gather(response(kept.id, quote("u-a"), quote("u-b", "13.00"), asked=("u-a", "u-b")))
    return kept.id


def book(api: Api, rfq_id: str, quote_id: str = "u-a") -> Any:
    return api.call("POST", f"/instant-ride-rfqs/{rfq_id}/bookings", {"quote-id": quote_id}).body


def hear(world: World, *bodies: str) -> None:
    world.ride_news().handle(world.taken(world.replies, *bodies))


def confirmed(world: World, rfq_id: str) -> None:
    hear(world, news(RideConfirmed, rfq_id))


def rejected(world: World, rfq_id: str) -> None:
    hear(world, news(RideRejected, rfq_id, reason="unicorn-busy"))


def completed(world: World, rfq_id: str) -> None:
    hear(
        world,
        news(RideConfirmed, rfq_id),
        news(RideCompleted, rfq_id, customer_id="cust-1", completed_at=NOW),
    )


def forgotten(world: World, _: str) -> None:
    world.now += timedelta(seconds=60)


def test_before_a_booking_there_is_none(api: Api, rfq_id: str) -> None:
    assert api.get(f"/{rfq_id}/result").body["rides"] == []
    assert "ride" not in api.get("").body["rfqs"][0]


def test_nor_is_there_one_of_a_cancelled_rfq(api: Api, world: World) -> None:
    kept = world.put()
    api.call("DELETE", f"/instant-ride-rfqs/{kept.id}")
    assert api.get(f"/{kept.id}/result").body["rides"] == []
    assert "ride" not in api.get("").body["rfqs"][0]


def test_while_it_is_asked_the_ride_is_pending(api: Api, rfq_id: str) -> None:
    booked = book(api, rfq_id)
    assert booked["status"] == "pending"
    assert api.get(f"/{rfq_id}/result").body["rides"] == [booked]
    assert api.get("").body["rfqs"][0]["ride"] == booked


@pytest.mark.parametrize(
    ("happens", "ends"),
    [
        (confirmed, ("confirmed", None)),
        (rejected, ("rejected", "unicorn-busy")),
        (completed, ("completed", None)),
        (forgotten, ("rejected", "timeout")),
    ],
)
def test_the_result_and_the_list_say_what_the_ride_says(
    api: Api,
    world: World,
    rfq_id: str,
    happens: Callable[[World, str], None],
    ends: tuple[str, str | None],
) -> None:
    url = book(api, rfq_id)["links"]["self"]
    happens(world, rfq_id)
    in_list = api.get("").body["rfqs"][0]["ride"]  # of what time brings, the list writes nothing
    in_result = api.get(f"/{rfq_id}/result").body["rides"]
    aws.reads.catch_up()
    followed = api.call("GET", url[url.index("/rides/") :]).body
    assert (followed["status"], followed.get("reason")) == ends
    assert in_result == [followed]
    assert in_list == followed


def test_the_result_has_every_attempt_and_the_list_the_last(api: Api, world: World, rfq_id: str) -> None:
    book(api, rfq_id)
    rejected(world, rfq_id)
    world.now = NOW + timedelta(seconds=90)
    second = book(api, rfq_id, "u-b")
    rides = api.get(f"/{rfq_id}/result").body["rides"]
    assert [(ride["id"], ride["status"], ride["price"]["amount"]) for ride in rides] == [
        (f"{rfq_id}.1", "rejected", "12.50"),
        (f"{rfq_id}.2", "pending", "13.00"),
    ]
    assert api.get("").body["rfqs"][0]["ride"] == second


def test_it_costs_no_read_of_its_own(api: Api, rfq_id: str, calls: list[str]) -> None:
    book(api, rfq_id)
    calls.clear()
    api.get(f"/{rfq_id}/result")
    assert calls == ["GetItem"]
    calls.clear()
    api.get("")
    assert calls == ["Query", "BatchGetItem"]


def test_to_another_customer_it_shows_nothing(api: Api, rfq_id: str) -> None:
    book(api, rfq_id)
    assert api.get(f"/{rfq_id}/result", sub="cust-2").status == 404
    assert api.get("", sub="cust-2").body["rfqs"] == []
