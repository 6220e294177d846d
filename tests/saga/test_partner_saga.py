"""Bookings with partners through thousands of interleavings: lost answers, late calls, duplicates, crashes and timeouts."""

import random

import pytest

from ride_booking.domain.ride import TIME_TO_CONFIRM
from tests.saga.partners import AT_ONCE, LATER, Luck, PartnerSaga
from tests.saga.world import CUSTOMERS, SECONDS, check_always, check_in_the_end, check_replays

WALKS = 400
STEPS = 60
LUCK: tuple[Luck, ...] = (
    "fine",
    "fine",
    "fine",
    "failed",
    "lost",
    "delayed",
    "killed",
    "denied",
    "hopeless",
    "throttled",
    "closed",
)


def step(saga: PartnerSaga, chance: random.Random) -> None:
    """One thing that can happen now."""
    streams = list(saga.streams())
    ordered = saga.partner_rides.ordered
    possible = ["publish"] * (4 * bool(streams)) + ["deliver"] * (4 * bool(saga.bus))
    possible += ["order twice"] * bool(ordered)
    possible += ["order"] * (4 * bool(ordered)) + ["call back"] * (3 * bool(saga.callbacks))
    possible += ["arrive"] * bool(saga.underway) + ["drive", "mood", "book", "book"]
    possible += ["wait"] * (chance.random() < 0.3) + ["fire"] * bool(saga.timers)
    again = chance.random() < 0.3
    partner = chance.choice((AT_ONCE, LATER))
    match chance.choice(possible):
        case "book":
            saga.book(f"rfq-{chance.randrange(CUSTOMERS)}", partner)
        case "wait":
            saga.wait(chance.choice(SECONDS))
        case "publish":
            saga.publish(*chance.choice(streams), again=again)
        case "deliver":
            saga.deliver(chance.randrange(len(saga.bus)), again=again)
        case "fire":
            saga.fire(chance.randrange(len(saga.timers)))
        case "order":
            saga.order(chance.randrange(len(ordered)), chance.choice(LUCK), again=again)
        case "order twice":
            saga.order_twice(chance.randrange(len(ordered)))
        case "call back":
            saga.call_back(chance.randrange(len(saga.callbacks)), again=again)
        case "arrive":
            saga.arrive(chance.randrange(len(saga.underway)))
        case "drive":
            saga.drive(partner)
        case "mood":
            saga.partners[partner].willing = chance.random() < 0.7


def check_partners(saga: PartnerSaga) -> None:
    """In the end a partner has the rides that the customers have, and no others."""
    for ride_id, ride in saga.rides().items():
        there = saga.partners[ride.responder].ledger.get(ride_id)
        if ride.status in ("confirmed", "completed"):
            assert there in ("confirmed", "completed"), "a customer who waits is fetched"
        else:
            # One that was driven before word of its end came is not to be undone.
            assert there in (None, "refused", "cancelled", "completed"), (
                "nobody is sent for who does not wait"
            )
    assert not saga.partner_rides.ordered


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(WALKS):
        saga = PartnerSaga()
        for _ in range(STEPS):
            step(saga, chance)
            check_always(saga)
        saga.settle()
        check_always(saga)
        check_in_the_end(saga)
        check_partners(saga)
        check_replays(saga, chance)
        saga.partner_rides.items.clear()  # a week later
        check_replays(saga, chance)


def through_to_the_order(saga: PartnerSaga, partner: str) -> None:
    """A customer books, and the order is on its way."""
    saga.book("rfq-0", partner)
    saga.publish(saga.stream, "rfq-0", again=False)
    saga.deliver(0, again=False)
    assert len(saga.partner_rides.ordered) == 1


def time_out(saga: PartnerSaga) -> None:
    saga.wait(int(TIME_TO_CONFIRM.total_seconds()))
    saga.fire(0)


@pytest.mark.parametrize("partner", [AT_ONCE, LATER])
def test_a_ride_from_booking_to_completion(partner: str) -> None:
    saga = PartnerSaga()
    saga.book("rfq-0", partner)
    saga.settle()
    assert [ride.status for ride in saga.rides().values()] == ["confirmed"]
    saga.drive(partner)
    saga.settle()
    assert [ride.status for ride in saga.rides().values()] == ["completed"]


@pytest.mark.parametrize("partner", [AT_ONCE, LATER])
def test_a_yes_that_nobody_heard_is_cancelled(partner: str) -> None:
    saga = PartnerSaga()
    through_to_the_order(saga, partner)
    saga.order(0, "lost", again=False)
    assert saga.partners[partner].ledger == {"rfq-0.1": "confirmed"}
    time_out(saga)
    saga.settle()
    assert [(r.status, r.reason) for r in saga.rides().values()] == [("rejected", "timeout")]
    assert saga.partners[partner].ledger == {"rfq-0.1": "cancelled"}


@pytest.mark.parametrize("partner", [AT_ONCE, LATER])
def test_a_call_that_arrives_after_its_cancellation_books_nothing(partner: str) -> None:
    saga = PartnerSaga()
    through_to_the_order(saga, partner)
    saga.order(0, "delayed", again=False)
    late = saga.underway.pop()
    time_out(saga)
    saga.settle()
    late()
    saga.settle()
    assert saga.partners[partner].ledger == {"rfq-0.1": "cancelled"}


def test_a_partner_that_forgets_the_cancellation_and_says_yes_hears_of_it_again() -> None:
    saga = PartnerSaga()
    through_to_the_order(saga, LATER)
    saga.order(0, "delayed", again=False)
    late = saga.underway.pop()
    time_out(saga)
    saga.settle()
    saga.partners[LATER].ledger.clear()
    late()
    assert saga.partners[LATER].ledger == {"rfq-0.1": "confirmed"}
    saga.settle()
    assert saga.partners[LATER].ledger == {"rfq-0.1": "cancelled"}


def test_a_refusal_is_believed_at_once() -> None:
    saga = PartnerSaga()
    saga.partners[AT_ONCE].willing = False
    saga.book("rfq-0", AT_ONCE)
    saga.settle()
    assert [(r.status, r.reason) for r in saga.rides().values()] == [("rejected", "none-free")]


@pytest.mark.parametrize("luck", ["denied", "hopeless", "throttled", "closed"])
@pytest.mark.parametrize("partner", [AT_ONCE, LATER])
def test_what_cannot_be_booked_is_rejected_at_once_and_the_customer_takes_another(
    partner: str, luck: Luck
) -> None:
    saga = PartnerSaga()
    through_to_the_order(saga, partner)
    began = saga.now
    saga.order(0, luck, again=False)
    saga.settle()
    assert saga.now == began
    assert [(r.status, r.reason) for r in saga.rides().values()] == [("rejected", "partner-unavailable")]
    saga.book("rfq-0", LATER if partner == AT_ONCE else AT_ONCE)
    saga.settle()
    assert [ride.status for ride in saga.rides().values()] == ["rejected", "confirmed"]
    check_partners(saga)
