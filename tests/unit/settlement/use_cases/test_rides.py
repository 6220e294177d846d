"""Ends of rides: a partner's ride is owed once, in whatever order and however often it is told."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.domain.ledger import AWAITED_FOR, KEPT_FOR, Entry
from tests.support import aws
from tests.support.settlement.ledger import World, accepted, completed, hold, usd
from wild_rydes_contracts.fakes import NOON, in_a_queue
from wild_rydes_dynamodb.instants import to_seconds

OWED = Entry("rfq-1.1", "p-comet", usd("12.50"), NOON)


def test_a_ride_that_was_booked_and_is_over_is_owed_at_the_price_that_was_accepted(world: World) -> None:
    assert world.hear(accepted()) == []
    assert world.owed() == [], "nobody has driven yet"
    assert world.hear(completed()) == []
    assert world.owed() == [OWED]
    assert world.owed()[0].state == "owed"
    assert world.counted() == {"PricesNoted", "RidesOver"}


@pytest.mark.parametrize("order", [*itertools.permutations((accepted(), completed()))])
def test_any_order_and_any_number_of_times_gives_one_entry(world: World, order: Any) -> None:
    world.hear(*order)
    once = world.items()
    assert world.owed() == [OWED]
    assert len(once) == 1
    assert world.hear(*order, *reversed(order)) == []
    assert world.items() == once
    assert {"PricesKnown", "RidesKnown"} <= world.counted()


def test_a_ride_without_a_price_says_so_until_the_price_comes_days_later(world: World) -> None:
    world.hear(completed())
    [entry] = world.owed()
    assert (entry.state, entry.price) == ("unpriced", None)
    world.now += timedelta(days=5)
    assert world.hear(accepted()) == []
    assert world.owed() == [OWED]
    assert world.parked() == []


def test_a_ride_that_is_settled_stays_so_whatever_is_told_of_it_again(world: World) -> None:
    world.hear(accepted(), completed())
    hold(world, "rfq-1.1", "p-comet", "invoice-1")
    world.hear(completed(), accepted(), completed(at=NOON + timedelta(hours=1)))
    [entry] = world.owed()
    assert (entry.state, entry.invoice, entry.completed_at) == ("settled", "invoice-1", NOON)


def test_a_unicorns_ride_is_not_owed_to_anybody(world: World) -> None:
    assert world.hear(accepted(by="u-shadowfax"), completed(by="u-shadowfax")) == []
    assert world.items() == []
    assert world.counted() == {"PricesNotOwed", "RidesNotOwed"}


def test_a_ride_that_two_partners_are_said_to_have_driven_is_for_people(world: World) -> None:
    world.hear(accepted(), completed())
    assert world.hear(completed(by="p-pegasus"), accepted(by="p-pegasus")) == []
    assert world.owed("p-comet", "p-pegasus") == [OWED]
    assert world.parked() == ["a ride of another partner"] * 2


def test_a_second_price_of_a_ride_is_for_people(world: World) -> None:
    assert world.hear(accepted(), accepted(price=usd("125.00")), completed()) == []
    assert world.owed() == [OWED]
    assert world.parked() == ["a ride with another price"]


def test_poison_stops_nothing(world: World) -> None:
    batch = in_a_queue("poison", accepted(), completed(), completed("rfq-2.1"))
    assert world.rides.handle(batch) == {"batchItemFailures": []}
    assert [entry.ride_id for entry in world.owed()] == ["rfq-1.1", "rfq-2.1"]
    assert len(world.parked()) == 2, "what is no event, and an event that is none of this queue's"


def test_a_table_that_throttles_brings_back_its_own_message_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.dynamodb.update_item

    def throttled(**call: Any) -> Any:
        if call["Key"] == {"id": {"S": "ride#rfq-2.1"}}:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "UpdateItem")
        return write(**call)

    monkeypatch.setattr(world.dynamodb, "update_item", throttled)
    answer = world.rides.handle(in_a_queue(completed(), completed("rfq-2.1"), completed("rfq-3.1")))
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["message-2"]
    assert [entry.ride_id for entry in world.owed()] == ["rfq-1.1", "rfq-3.1"]
    assert world.parked() == []


@pytest.mark.parametrize("order", [*itertools.permutations((accepted(), completed()))])
def test_the_books_keep_a_ride_for_ten_years_and_a_quote_that_became_none_for_a_season(
    world: World, order: Any
) -> None:
    world.hear(accepted("rfq-2.1"), *order)
    kept = {item["id"]["S"]: item["expires_at"] for item in world.items()}
    assert kept == {
        "ride#rfq-1.1": to_seconds(NOON + KEPT_FOR),
        "ride#rfq-2.1": to_seconds(accepted().metadata.occurred_at + AWAITED_FOR),
    }


def test_nothing_of_the_customer_is_kept(world: World) -> None:
    world.hear(accepted(), completed())
    [item] = world.items()
    assert set(item) == {"id", "payee", "price", "currency", "completed_at", "expires_at"}


RIDES = [(f"rfq-{number}.1", payee) for number, payee in enumerate(("p-comet", "p-comet", "p-nimbus", "u-a"))]
FACTS = [
    fact
    for number, (ride, by) in enumerate(RIDES)
    for fact in (
        accepted(ride, by, usd(f"{number + 1}.50")),
        completed(ride, by, NOON + timedelta(hours=number)),
    )
]


@settings(max_examples=30, deadline=None)
@given(told=st.lists(st.sampled_from(FACTS), max_size=16))
def test_what_is_owed_is_what_was_told_and_nothing_else(told: Any) -> None:
    """In any order, with any of it missing and any of it twice, and at any time."""
    with aws.account():
        world = World()
        for message in told:
            world.now += timedelta(hours=7)
            assert world.hear(message) == []
        heard = [message.data for message in told]
        expected = {
            ride: (
                "owed" if accepted(ride, by, usd(f"{number + 1}.50")).data in heard else "unpriced",
                usd(f"{number + 1}.50")
                if accepted(ride, by, usd(f"{number + 1}.50")).data in heard
                else None,
            )
            for number, (ride, by) in enumerate(RIDES)
            if completed(ride, by, NOON + timedelta(hours=number)).data in heard and by.startswith("p-")
        }
        found = {
            entry.ride_id: (entry.state, entry.price) for entry in world.owed("p-comet", "p-nimbus", "u-a")
        }
        assert found == expected
        assert world.parked() == []
