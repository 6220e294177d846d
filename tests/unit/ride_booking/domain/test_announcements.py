"""What the steps of a ride tell the world."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from ride_booking.domain.rfq import Completion, Quote, Responder, Rfq
from ride_booking.domain.ride import Ride
from tests.support.ride_booking.world import NOW, World, record, rfq

LATER = NOW + timedelta(seconds=2)


def done() -> Rfq:
    answers = {"u-a": Responder(asked=True, answer=Quote(1205, 240)), "u-b": Responder(asked=True)}
    return rfq(responders=answers, completion=Completion("all-answered", NOW))


def told(world: World, *states: Rfq) -> list[tuple[str, dict[str, object]]]:
    """Names and data of what is published as an RFQ goes through these states."""
    pairs = pairwise(states)
    world.outbox().handle({"Records": [record(new, old) for old, new in pairs]})
    return [(event["detail-type"], event["detail"]["data"]) for event in world.published()]


def after(found: Rfq, transition: Callable[[Ride], Ride]) -> Rfq:
    return found.change_ride(1, transition)


def test_a_booking_is_announced_with_its_deadline_and_timed(world: World) -> None:
    before = done()
    booked = before.book("u-a", NOW)
    world.outbox().handle({"Records": [record(booked, before)]})

    [event] = world.published()
    assert event["detail-type"] == "QuoteAccepted"
    assert event["detail"]["data"] == {
        "ride_id": f"{before.id}.1",
        "rfq_id": before.id,
        "responder_id": "u-a",
        "customer_id": "cust-1",
        "price": {"amount": "12.05", "currency": "USD"},
    }
    assert event["detail"]["metadata"]["correlation_id"] == before.id
    assert event["detail"]["metadata"]["deadline"] == "2026-11-21T09:01:00.123000Z"
    [line] = world.logged("scheduled")
    assert (line["delay"], line["correlation_id"]) == (60, before.id)
    assert world.delayed() == 1


def test_each_end_is_announced(world: World) -> None:
    before = done()
    booked = before.book("u-a", NOW)
    confirmed = after(booked, lambda ride: ride.confirm(LATER))
    about = {"ride_id": f"{before.id}.1", "rfq_id": before.id, "responder_id": "u-a"}

    assert told(world, booked, confirmed) == [("RideBooked", {**about, "customer_id": "cust-1"})]
    assert told(world, booked, after(booked, lambda ride: ride.reject("unicorn-busy", LATER))) == [
        ("RideBookingFailed", {**about, "reason": "unicorn-busy"})
    ]
    assert told(
        world, confirmed, after(confirmed, lambda ride: ride.reject("cancelled-by-unicorn", LATER))
    ) == [("RideBookingFailed", {**about, "reason": "cancelled-by-unicorn"})]
    assert told(world, confirmed, after(confirmed, lambda ride: ride.complete(LATER))) == []


def test_a_ride_that_was_over_before_its_confirmation_came_was_booked_all_the_same(world: World) -> None:
    booked = done().book("u-a", NOW)

    [(name, _)] = told(world, booked, after(booked, lambda ride: ride.complete(LATER)))
    assert name == "RideBooked"


def test_other_changes_of_an_rfq_with_a_ride_tell_nothing(world: World) -> None:
    booked = done().book("u-a", NOW)
    late = replace(booked, responders={**booked.responders, "u-b": Responder(asked=True, late=True)})

    assert told(world, booked, late) == []


def test_two_bookings_of_an_rfq_are_two_messages(world: World) -> None:
    first = done().book("u-a", NOW)
    failed = after(first, lambda ride: ride.reject("unicorn-busy", NOW))
    second = failed.book("u-a", LATER)
    world.outbox().handle({"Records": [record(first, replace(first, rides=()))]})
    world.outbox().handle({"Records": [record(second, failed)]})

    found = world.published()
    assert [event["detail"]["data"]["ride_id"][-2:] for event in found] == [".1", ".2"]
    assert len({event["detail"]["metadata"]["event_id"] for event in found}) == 2
