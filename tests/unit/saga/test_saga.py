"""A booking through thousands of interleavings of both services' rules: duplicates, delays, crashes and timeouts."""

import random

import pytest

from ride_booking.ride import TIME_TO_CONFIRM
from tests.unit.saga.world import CUSTOMERS, UNICORNS, Saga

WALKS = 500
STEPS = 60
SECONDS = (1, 20, 61)


def step(saga: Saga, chance: random.Random) -> None:
    """One thing that can happen now. Most often something that is under way goes on."""
    streams = list(saga.streams())
    possible = ["publish"] * (4 * bool(streams)) + ["deliver"] * (4 * bool(saga.bus))
    possible += ["book"] * 2 + ["end"] + ["wait"] * (chance.random() < 0.3) + ["fire"] * bool(saga.timers)
    again = chance.random() < 0.3
    match chance.choice(possible):
        case "book":
            saga.book(f"rfq-{chance.randrange(CUSTOMERS)}", chance.choice(UNICORNS))
        case "end":
            saga.end(chance.choice(UNICORNS), chance.choice(("completed", "cancelled")))
        case "wait":
            saga.wait(chance.choice(SECONDS))
        case "publish":
            saga.publish(*chance.choice(streams), again=again)
        case "deliver":
            saga.deliver(chance.randrange(len(saga.bus)), again=again)
        case "fire":
            saga.fire(chance.randrange(len(saga.timers)))


def check_always(saga: Saga) -> None:
    for rfq in saga.rfqs.values():
        assert sum(ride.live for ride in rfq.rides) <= 1, "a customer waits for one ride at a time"
    for ride in saga.rides().values():
        assert ride.status == "rejected" or ride.reason is None


def check_in_the_end(saga: Saga) -> None:
    rides = saga.rides()
    assert {ride.status for ride in rides.values()} <= {"confirmed", "rejected", "completed"}, (
        "no booking is lost"
    )
    for id_, unicorn in saga.unicorns.items.items():
        confirmed = [
            key for key, ride in rides.items() if ride.responder == id_ and ride.status == "confirmed"
        ]
        assert len(confirmed) <= 1, "never two confirmed rides for one unicorn"
        assert confirmed == ([unicorn.ride.id] if unicorn.ride else []), "busy with its ride, or free"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(WALKS):
        saga = Saga()
        for _ in range(STEPS):
            step(saga, chance)
            check_always(saga)
        saga.settle()
        check_always(saga)
        check_in_the_end(saga)


def test_of_three_customers_one_gets_the_unicorn() -> None:
    saga = Saga()
    for number in range(CUSTOMERS):
        saga.book(f"rfq-{number}", "u-a")
    saga.settle()
    assert sorted(ride.status for ride in saga.rides().values()) == ["confirmed", "rejected", "rejected"]
    check_in_the_end(saga)


def test_a_confirmation_after_the_timeout_frees_the_unicorn() -> None:
    saga = Saga()
    saga.book("rfq-0", "u-a")
    saga.publish(saga.stream, "rfq-0", again=False)
    saga.deliver(0, again=False)
    assert saga.unicorns.items["u-a"].ride
    saga.wait(int(TIME_TO_CONFIRM.total_seconds()))
    saga.fire(0)
    saga.settle()
    [ride] = saga.rides().values()
    assert (ride.status, ride.reason) == ("rejected", "timeout")
    assert saga.unicorns.items["u-a"].ride is None
    check_in_the_end(saga)
