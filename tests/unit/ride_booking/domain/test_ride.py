"""What becomes of a booking: the rules of a ride, whatever comes in whatever order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ride_booking.domain.rfq import Completion, Quote, Responder, Rfq
from ride_booking.domain.ride import (
    QUOTES_VALID_FOR,
    TIME_TO_CONFIRM,
    NotBookable,
    NotBookableReason,
    Ride,
    parse_ride_id,
    ride_id,
)
from tests.support.ride_booking.world import DEADLINE, NOW, rfq

RESPONDERS = {
    "u-a": Responder(asked=True, answer=Quote(1250, 240)),
    "u-b": Responder(asked=True, answer=Quote(1300, 240, valid_until=NOW + timedelta(minutes=1))),
    "u-silent": Responder(asked=True),
    "u-unasked": Responder(asked=False, answer=Quote(1, 1)),
}
DONE = rfq(responders=RESPONDERS, completion=Completion("all-answered", NOW))
Step: TypeAlias = Callable[[Ride], Ride]


def why(
    found: Rfq, quote: str = "u-a", after: timedelta = timedelta(0), key: str | None = None
) -> NotBookableReason:
    with pytest.raises(NotBookable) as refused:
        found.book(quote, NOW + after, key)
    return refused.value.reason


def test_a_quote_is_booked() -> None:
    booked = DONE.book("u-a", NOW + timedelta(microseconds=900))

    assert booked.rides == (Ride("u-a", booked_at=NOW, changed_at=NOW),)
    assert (booked.phase, booked.status) == ("pending", "completed")
    assert booked.ride(1) == booked.rides[0]
    assert (booked.ride(0), booked.ride(2)) == (None, None)


def test_what_cannot_be_booked() -> None:
    assert why(rfq(responders=RESPONDERS)) == "running"
    assert why(replace(DONE, completion=Completion("cancelled", NOW))) == "cancelled"
    assert [why(DONE, quote) for quote in ("u-silent", "u-unasked", "nobody")] == ["unknown-quote"] * 3
    assert why(DONE.book("u-a", NOW), "u-b") == "taken"
    assert why(DONE.book("u-a", NOW), "u-a") == "taken"


def test_a_quote_expires_when_it_says_or_ten_minutes_after_the_close() -> None:
    assert why(DONE, "u-a", QUOTES_VALID_FOR) == "expired"
    assert DONE.book("u-a", NOW + QUOTES_VALID_FOR - timedelta(milliseconds=1)).rides
    assert why(DONE, "u-b", timedelta(minutes=1)) == "expired"


def test_the_same_request_again_is_the_same_ride() -> None:
    booked = DONE.book("u-a", NOW, "key")

    assert booked.book("u-a", NOW + timedelta(hours=9), "key") == booked
    assert why(booked, "u-b", key="key") == "key-reused"
    assert why(booked, "u-a", key="another") == "taken"


def test_after_a_rejection_another_quote_can_be_booked() -> None:
    rejected = DONE.book("u-a", NOW, "1").change_ride(1, lambda ride: ride.reject("unicorn-busy", NOW))
    again = rejected.book("u-b", NOW, "2")

    assert [(ride.responder, ride.status) for ride in again.rides] == [
        ("u-a", "rejected"),
        ("u-b", "pending"),
    ]
    assert again.book("u-a", NOW, "1") == again


def test_the_attempts_to_book_are_limited() -> None:
    found = DONE
    for number in range(1, 51):
        found = found.book("u-a", NOW).change_ride(number, lambda ride: ride.reject("unicorn-busy", NOW))
    assert why(found) == "too-many-attempts"


@pytest.mark.parametrize("text", ["", ".", ".1", "x", "x.", "x.0", "x.01", "x.-1", "x.1.5.", "x.²"])
def test_what_is_no_ride_id(text: str) -> None:
    with pytest.raises(ValueError, match="no ride id"):
        parse_ride_id(text)


@given(st.text(min_size=1), st.integers(1, 99))
def test_a_ride_id_is_read_as_it_was_written(rfq_id: str, number: int) -> None:
    assert parse_ride_id(ride_id(rfq_id, number)) == (rfq_id, number)


moments = st.sampled_from(
    [NOW, NOW + TIME_TO_CONFIRM - timedelta(milliseconds=1), NOW + TIME_TO_CONFIRM, DEADLINE]
)
steps = st.one_of(
    moments.map(lambda at: lambda ride: ride.confirm(at)),
    moments.map(lambda at: lambda ride: ride.reject("unicorn-busy", at)),
    moments.map(lambda at: lambda ride: ride.time_out(at)),
    moments.map(lambda at: lambda ride: ride.complete(at)),
)


@given(st.lists(steps, max_size=8), st.data())
def test_no_order_of_events_undoes_an_end_and_repetition_changes_nothing(
    what: list[Step], data: st.DataObject
) -> None:
    ride = Ride("u-a", booked_at=NOW, changed_at=NOW)
    allowed = {
        "pending": {"pending", "confirmed", "rejected", "completed"},
        "confirmed": {"confirmed", "rejected", "completed"},
        "rejected": {"rejected"},
        "completed": {"completed"},
    }
    for step in what:
        was, ride = ride, step(ride)
        assert ride.status in allowed[was.status]
        assert step(ride) == ride
        assert (ride == was) == (ride.status == was.status)
        assert (ride.reason is not None) == (ride.status == "rejected")
    assert ride.time_out(DEADLINE).status != "pending"


def test_at_the_deadline_a_confirmation_is_too_late() -> None:
    ride = Ride("u-a", booked_at=NOW, changed_at=NOW)

    late = ride.confirm(NOW + TIME_TO_CONFIRM)
    assert (late.status, late.reason, late.changed_at) == ("rejected", "timeout", NOW + TIME_TO_CONFIRM)
    assert ride.confirm(NOW + TIME_TO_CONFIRM - timedelta(milliseconds=1)).status == "confirmed"
