"""What can be settled: rides that are owed, to whom they are owed, at their price, once."""

from typing import Any

import pytest

from settlement.adapters.settlement_table import SettlementTable, Taken, settlement_from
from tests.support.settlement.ledger import World, accepted, completed, hold, usd
from wild_rydes_contracts.fakes import NOON


def test_what_is_owed_is_held_once(world: World) -> None:
    world.hear(accepted(), completed())
    hold(world, "rfq-1.1", "p-comet", "invoice-1")
    hold(world, "rfq-1.1", "p-comet", "invoice-1")
    with pytest.raises(Taken):
        hold(world, "rfq-1.1", "p-comet", "invoice-2")
    assert [entry.invoice for entry in world.owed()] == ["invoice-1"]


@pytest.mark.parametrize(
    ("told", "payee", "price"),
    [
        ([], "p-comet", "12.50"),
        ([accepted()], "p-comet", "12.50"),
        ([completed()], "p-comet", "12.50"),
        ([accepted(), completed()], "p-nimbus", "12.50"),
        ([accepted(), completed()], "p-comet", "12.51"),
    ],
)
def test_what_is_not_owed_to_a_payee_at_a_price_cannot_be_held(
    world: World, told: Any, payee: str, price: str
) -> None:
    world.hear(*told)
    rides = [item for item in world.items() if item["id"]["S"].startswith("ride#")]
    with pytest.raises(Taken):
        hold(world, "rfq-1.1", payee, "invoice-1", price)
    assert [item for item in world.items() if item["id"]["S"].startswith("ride#")] == rides


def test_what_is_let_go_is_owed_again_and_what_another_holds_stays(world: World) -> None:
    for ride in ("rfq-1.1", "rfq-2.1"):
        world.hear(accepted(ride), completed(ride))
    hold(world, "rfq-1.1", "p-comet", "invoice-1")
    hold(world, "rfq-2.1", "p-comet", "invoice-2")
    table = SettlementTable(world.dynamodb, world.name)
    assert list(table.held("invoice-1", ["rfq-1.1", "rfq-2.1"])) == ["rfq-1.1"]
    table.release("invoice-1", ["rfq-1.1", "rfq-2.1", "rfq-3.1"])
    assert {entry.ride_id: entry.invoice for entry in world.owed()} == {
        "rfq-1.1": None,
        "rfq-2.1": "invoice-2",
    }


def test_a_settlement_is_kept_as_it_is(world: World) -> None:
    hold_nothing = SettlementTable(world.dynamodb, world.name)
    world.hear(accepted(), completed())
    hold(world, "rfq-1.1", "p-comet", "invoice-1")
    found = hold_nothing.get("invoice-1")
    assert found
    assert (found.phase, found.amount, found.at, found.number) == ("claiming", usd("12.50"), NOON, "inv1")
    [item] = [item for item in world.items() if item["id"]["S"] == "settlement#invoice-1"]
    assert settlement_from(item) == found
