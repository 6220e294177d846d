"""A booking over both services' rules, in every order in which their messages can come, twice or late."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ride_booking.ride import TIME_TO_CONFIRM
from ride_booking.ride import Ride as Booking
from tests.unit.unicorn_mgmt.world import CARD, NOW, SPACE_NEEDLE
from unicorn_mgmt.model import Ride, Unicorn

CUSTOMERS = 2
FREE = Unicorn("u-1", "Shadowfax", CARD, auto_quote=False, position=SPACE_NEEDLE)


@dataclass
class Saga:
    """Customers who want one unicorn; messages wait in `sent`, are delivered in any order, and may come again."""

    now: datetime = NOW
    unicorn: Unicorn = FREE
    bookings: dict[str, Booking] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)
    ever_confirmed: set[str] = field(default_factory=set)

    def book(self, ride_id: str) -> None:
        if ride_id not in self.bookings:
            self.bookings[ride_id] = Booking("u-1", booked_at=self.now, changed_at=self.now)
            self.sent += [("accepted", ride_id), ("timer", ride_id)]

    def deliver(self, index: int, again: bool) -> None:
        if self.sent:
            at = index % len(self.sent)
            kind, ride_id = self.sent[at]
            if kind == "timer" and self.now < self.bookings[ride_id].deadline:
                return  # SQS keeps it back until then
            if not again:
                del self.sent[at]
            self.handle(kind, ride_id)

    def handle(self, kind: str, ride_id: str) -> None:
        booked = self.bookings[ride_id]
        transitions: dict[str, Callable[[], Booking]] = {
            "confirmed": lambda: booked.confirm(self.now),
            "busy": lambda: booked.reject("unicorn-busy", self.now),
            "cancelled": lambda: booked.reject("cancelled-by-unicorn", self.now),
            "completed": lambda: booked.complete(self.now),
            "timer": lambda: booked.time_out(self.now),
        }
        if kind in transitions:
            after = transitions[kind]()
            if after.status == "rejected" != booked.status:
                self.sent.append(("failed", ride_id))
            self.bookings[ride_id] = after
        elif kind == "failed":
            self.unicorn = self.unicorn.release(ride_id, self.now)
        elif self.now < booked.deadline:
            self.offer(ride_id)

    def offer(self, ride_id: str) -> None:
        after = self.unicorn.take(Ride(ride_id, ride_id[:-2], "c", self.now))
        if after != self.unicorn:
            assert ride_id not in self.ever_confirmed
            self.ever_confirmed.add(ride_id)
            self.sent.append(("confirmed", ride_id))
        elif ride_id not in after.recent and (after.ride is None or after.ride.id != ride_id):
            self.sent.append(("busy", ride_id))
        self.unicorn = after

    def end(self, how: str) -> None:
        if self.unicorn.ride:
            ride_id = self.unicorn.ride.id
            self.unicorn = self.unicorn.end(ride_id, how, self.now)  # type: ignore[arg-type]
            self.sent.append((how, ride_id))

    def settle(self) -> None:
        """Everything is delivered at last: queues lose nothing."""
        self.now += TIME_TO_CONFIRM
        while self.sent:
            self.deliver(0, again=False)


steps = st.one_of(
    st.tuples(st.just("book"), st.integers(0, CUSTOMERS - 1)),
    st.tuples(st.sampled_from(["deliver", "repeat"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["completed", "cancelled"]), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 61])),
)


@settings(max_examples=1500)
@given(st.lists(steps, max_size=50))
@example(  # refused as busy, failed, and asked again when the unicorn is free
    [
        *(("book", 0), ("deliver", 0), ("book", 1), ("repeat", 2), ("deliver", 4), ("deliver", 4)),
        *(("completed", 0), ("deliver", 2)),
    ]
)
def test_no_booking_is_lost_and_no_unicorn_stays_busy_without_a_ride(journey: list[tuple[str, int]]) -> None:
    saga = Saga()
    for what, number in journey:
        match what:
            case "book":
                saga.book(f"rfq-{number}.1")
            case "deliver" | "repeat":
                saga.deliver(number, again=what == "repeat")
            case "wait":
                saga.now += timedelta(seconds=number)
            case _:
                saga.end(what)
    saga.settle()
    confirmed = [ride_id for ride_id, booking in saga.bookings.items() if booking.status == "confirmed"]
    assert confirmed == ([saga.unicorn.ride.id] if saga.unicorn.ride else [])
    assert not [booking for booking in saga.bookings.values() if booking.status == "pending"]
    assert all(
        ride_id in saga.ever_confirmed
        for ride_id, booking in saga.bookings.items()
        if booking.status in ("confirmed", "completed")
    )
