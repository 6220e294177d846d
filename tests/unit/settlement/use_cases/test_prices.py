"""Prices of rides: what a customer accepted, however late settlement hears of it."""

from datetime import timedelta

from settlement.domain.ledger import Entry
from tests.support.settlement.ledger import World, accepted, completed, usd
from wild_rydes_contracts import Money
from wild_rydes_contracts.fakes import NOON, in_a_queue


def test_a_price_counts_after_the_bookings_deadline_too(world: World) -> None:
    """The customer waits for a minute. The partner is owed all the same."""
    world.now += timedelta(days=13)
    world.hear(accepted(), completed())
    assert world.owed() == [Entry("rfq-1.1", "p-comet", usd("12.50"), NOON)]
    assert "MessagesExpired" not in world.counted()


def test_a_quote_that_became_no_ride_is_not_owed(world: World) -> None:
    world.hear(accepted("rfq-1.1"), accepted("rfq-1.2"), completed("rfq-1.2"))
    assert [entry.ride_id for entry in world.owed()] == ["rfq-1.2"]


def test_amounts_are_as_they_were_told_in_any_currency(world: World) -> None:
    prices = [usd("9999999.99"), Money.model_validate({"amount": "1250.00", "currency": "JPY"}), usd("0.10")]
    for number, price in enumerate(prices):
        ride = f"rfq-{number}.1"
        world.hear(accepted(ride, price=price), completed(ride, at=NOON + timedelta(seconds=number)))
    assert [entry.price for entry in world.owed()] == prices


def test_poison_stops_nothing(world: World) -> None:
    batch = in_a_queue("{}", completed(), accepted(), accepted("rfq-2.1"))
    assert world.prices.handle(batch) == {"batchItemFailures": []}
    assert [item["id"]["S"] for item in world.items()] == ["ride#rfq-1.1", "ride#rfq-2.1"]
    assert len(world.parked()) == 2
