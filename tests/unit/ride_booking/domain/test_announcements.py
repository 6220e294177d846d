"""What the steps of a ride tell the world."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from ride_booking.domain.announcements import events_of, timers_of
from ride_booking.domain.deadline import RfqDeadline
from ride_booking.domain.rfq import Completion, Place, Quote, Responder, Rfq
from ride_booking.domain.ride import Ride
from tests.support.ride_booking.world import NOW, REPLY_TO, rfq

LATER = NOW + timedelta(seconds=2)


def done() -> Rfq:
    answers = {"u-a": Responder(asked=True, answer=Quote(1205, 240)), "u-b": Responder(asked=True)}
    return rfq(responders=answers, completion=Completion("all-answered", NOW))


def announced(*states: Rfq) -> list[tuple[str, Any]]:
    """Names and wire forms of the events that tell of an RFQ's way through these states."""
    return [
        (event.data.name, json.loads(event.to_json()))
        for old, new in pairwise(states)
        for event in events_of(old, new, REPLY_TO)
    ]


def told(*states: Rfq) -> list[tuple[str, Any]]:
    """Names and data of these events."""
    return [(name, event["data"]) for name, event in announced(*states)]


def after(found: Rfq, transition: Callable[[Ride], Ride]) -> Rfq:
    return found.change_ride(1, transition)


def test_a_booking_is_announced_with_its_deadline_and_timed() -> None:
    before = done()
    booked = before.book("u-a", NOW)

    [(name, event)] = announced(before, booked)
    assert name == "QuoteAccepted"
    assert event["data"] == {
        "ride_id": f"{before.id}.1",
        "rfq_id": before.id,
        "responder_id": "u-a",
        "customer_id": "cust-1",
        "price": {"amount": "12.05", "currency": "USD"},
        "time_zone": "America/Los_Angeles",
    }
    assert event["metadata"]["correlation_id"] == before.id
    assert event["metadata"]["deadline"] == "2026-11-21T09:01:00.123000Z"
    [timer] = timers_of(before, booked, NOW)
    assert (timer.delay, timer.message.metadata.correlation_id) == (60, before.id)
    assert timer.message.data == RfqDeadline(rfq_id=before.id, ride=1)


def test_a_ride_that_ends_elsewhere_has_the_clock_of_there() -> None:
    for place, zone in (
        (Place(36.1, -115.2), "America/Los_Angeles"),
        (Place(36.1, -112.1), "America/Phoenix"),
    ):
        before = replace(done(), destination=place)
        [(_, data)] = told(before, before.book("u-a", NOW))
        assert data["time_zone"] == zone
    before = replace(done(), destination=Place(30.0, -140.0))
    [(_, data)] = told(before, before.book("u-a", NOW))
    assert "time_zone" not in data, "no clock at sea"


def test_each_end_is_announced() -> None:
    before = done()
    booked = before.book("u-a", NOW)
    confirmed = after(booked, lambda ride: ride.confirm(LATER))
    about = {"ride_id": f"{before.id}.1", "rfq_id": before.id, "responder_id": "u-a"}

    assert told(booked, confirmed) == [("RideBooked", {**about, "customer_id": "cust-1"})]
    assert told(booked, after(booked, lambda ride: ride.reject("unicorn-busy", LATER))) == [
        ("RideBookingFailed", {**about, "reason": "unicorn-busy"})
    ]
    assert told(confirmed, after(confirmed, lambda ride: ride.reject("cancelled-by-unicorn", LATER))) == [
        ("RideBookingFailed", {**about, "reason": "cancelled-by-unicorn"})
    ]
    assert told(confirmed, after(confirmed, lambda ride: ride.complete(LATER))) == []


def test_a_ride_that_was_over_before_its_confirmation_came_was_booked_all_the_same() -> None:
    booked = done().book("u-a", NOW)

    [(name, _)] = told(booked, after(booked, lambda ride: ride.complete(LATER)))
    assert name == "RideBooked"


def test_other_changes_of_an_rfq_with_a_ride_tell_nothing() -> None:
    booked = done().book("u-a", NOW)
    late = replace(booked, responders={**booked.responders, "u-b": Responder(asked=True, late=True)})

    assert told(booked, late) == []


def test_a_ride_whose_responder_has_no_quote_cannot_be_announced() -> None:
    before = done()
    broken = replace(before, rides=(Ride("u-b", booked_at=NOW, changed_at=NOW),))

    with pytest.raises(ValueError, match="without a quote"):
        announced(before, broken)


def test_two_bookings_of_an_rfq_are_two_messages() -> None:
    first = done().book("u-a", NOW)
    failed = after(first, lambda ride: ride.reject("unicorn-busy", NOW))
    second = failed.book("u-a", LATER)

    found = announced(replace(first, rides=()), first) + announced(failed, second)
    assert [event["data"]["ride_id"][-2:] for _, event in found] == [".1", ".2"]
    assert len({event["metadata"]["event_id"] for _, event in found}) == 2
