"""News of rides, and bookings nobody answers."""

from datetime import timedelta
from typing import Any

import pytest

from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import TIME_TO_CONFIRM
from tests.support import aws
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import NOW, World, news, quote, record, response
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected

DONE: dict[str, Any] = {"batchItemFailures": []}
COMPLETED: dict[str, Any] = {"customer_id": "cust-1", "completed_at": NOW}


@pytest.fixture
def booked(world: World) -> Rfq:
    """An RFQ whose quote of u-a is booked."""
    kept = world.put()
    world.gather(response(kept.id, quote("u-a"), asked=("u-a",)))
    change = world.rfqs.change(kept.id, lambda found: found.book("u-a", NOW), consistent=True)
    assert change
    return change.after


def hear(world: World, *bodies: str) -> dict[str, Any]:
    return world.ride_news().handle(world.taken(world.replies, *bodies))


def status(world: World, rfq_id: str) -> tuple[str, str | None]:
    ride = world.stored(rfq_id).ride(1)
    assert ride
    return ride.status, ride.reason


def test_a_confirmation_confirms(world: World, booked: Rfq) -> None:
    assert hear(world, news(RideConfirmed, booked.id)) == DONE
    assert status(world, booked.id) == ("confirmed", None)


def test_a_rejection_rejects(world: World, booked: Rfq) -> None:
    hear(world, news(RideRejected, booked.id, reason="unicorn-busy"))
    assert status(world, booked.id) == ("rejected", "unicorn-busy")


def test_a_batch_is_one_write_and_a_duplicate_none(world: World, booked: Rfq, calls: list[str]) -> None:
    bodies = [news(RideCompleted, booked.id, **COMPLETED), news(RideConfirmed, booked.id)]
    batch = world.taken(world.replies, *bodies)
    aws.reads.catch_up()
    calls.clear()
    world.ride_news().handle(batch)
    aws.reads.catch_up()
    world.ride_news().handle(batch)

    assert calls == ["GetItem", "UpdateItem", "GetItem"]
    assert status(world, booked.id) == ("completed", None)


def test_what_another_responder_says_does_not_count(world: World, booked: Rfq) -> None:
    assert hear(world, news(RideConfirmed, booked.id, responder="u-b")) == DONE
    assert status(world, booked.id) == ("pending", None)


def test_news_of_what_is_not_there_is_dropped(world: World, booked: Rfq) -> None:
    never = "01a1fd55-5472-797f-b00e-2dcdef8f6e19"
    assert hear(world, news(RideConfirmed, never), news(RideConfirmed, booked.id, number=2)) == DONE
    assert world.logged("dropped: no such RFQ")
    assert world.parked() == []


@pytest.mark.parametrize("bad", ["what", "01a1fd55-5472-797f-b00e-2dcdef8f6e19.1"])
def test_bad_news_does_not_condemn_the_good_news_of_its_rfq(world: World, booked: Rfq, bad: str) -> None:
    good = news(RideConfirmed, booked.id)
    assert hear(world, news(RideRejected, booked.id, ride_id=bad, reason="unicorn-gone"), good) == DONE
    assert status(world, booked.id) == ("confirmed", None)
    assert len(world.parked()) == 1


def test_an_id_that_is_none_is_parked_with_its_reason(world: World, booked: Rfq) -> None:
    hear(world, news(RideConfirmed, booked.id, ride_id="what"))
    assert [message["reason"] for message in world.parked()] == ["no ride id"]


def test_a_ride_of_another_rfq_is_parked_with_its_reason(world: World, booked: Rfq) -> None:
    other = world.put()
    hear(world, news(RideConfirmed, other.id, ride_id=f"{booked.id}.1"))
    assert [message["reason"] for message in world.parked()] == ["a ride of another RFQ"]
    assert status(world, booked.id) == ("pending", None)


def test_a_busy_table_brings_the_message_back(world: World, booked: Rfq) -> None:
    with throttle(world.dynamodb, "UpdateItem"):
        answer = hear(world, news(RideConfirmed, booked.id))
    assert len(answer["batchItemFailures"]) == 1


def timed(world: World, booked: Rfq) -> dict[str, Any]:
    """The batch with the timer of the booking, as the outbox sends it, when it is due."""
    world.now = NOW + TIME_TO_CONFIRM
    before = Rfq(**{name: getattr(booked, name) for name in Rfq.__dataclass_fields__} | {"rides": ()})
    world.outbox().handle({"Records": [record(booked, before)]})
    return world.taken(world.deadlines)


def test_a_booking_nobody_answers_fails_in_time(world: World, booked: Rfq) -> None:
    batch = timed(world, booked)

    assert world.closer().handle(batch) == DONE
    assert status(world, booked.id) == ("rejected", "timeout")
    assert world.logged("booking failed")
    hear(world, news(RideConfirmed, booked.id))
    assert status(world, booked.id) == ("rejected", "timeout")


def test_a_timer_that_is_early_comes_again(world: World, booked: Rfq) -> None:
    batch = timed(world, booked)
    world.now -= timedelta(seconds=1)

    assert len(world.closer().handle(batch)["batchItemFailures"]) == 1
    assert status(world, booked.id) == ("pending", None)


def test_the_timer_of_a_confirmed_ride_does_nothing(world: World, booked: Rfq) -> None:
    hear(world, news(RideConfirmed, booked.id))

    assert world.closer().handle(timed(world, booked)) == DONE
    assert status(world, booked.id) == ("confirmed", None)
