"""What partners are owed, as `rydes owed` adds it up from the ledger that settlement has written."""

import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from infra.rydes.operator.owed import Standing, Sum, items_of, standing_of, to_json, to_table
from tests.support import aws
from tests.support.settlement.ledger import EVER, World, accepted, completed, hold, usd
from wild_rydes_contracts import Money
from wild_rydes_contracts.fakes import NOON

EUR = Money(amount=Decimal("0.10"), currency="EUR")


@pytest.fixture
def world() -> Iterator[World]:
    with aws.account():
        world = World()
        for number, price in enumerate([usd("0.10"), usd("0.20"), EUR, usd("7.00")]):
            at = NOON + timedelta(hours=number)
            world.hear(accepted(f"rfq-{number}.1", price=price), completed(f"rfq-{number}.1", at=at))
        hold(world, "rfq-3.1", "p-comet", "invoice-1", "7.00")
        world.hear(completed("rfq-4.1"), accepted("rfq-5.1"), completed("rfq-6.1", by="p-nimbus"))
        yield world


def account(world: World) -> Any:
    return SimpleNamespace(client=aws.client, names=SimpleNamespace(of=lambda _: world.name))


def test_what_is_owed_is_added_up_by_currency_to_the_cent(world: World) -> None:
    found = standing_of(items_of(account(world), "p-comet", *EVER))
    assert found == Standing(
        {"USD": Sum(2, Decimal("0.30")), "EUR": Sum(1, Decimal("0.10"))},
        {"USD": Sum(1, Decimal("7.00"))},
        unpriced=1,
    )
    assert to_json({"p-comet": found}) == {
        "p-comet": {
            "owed": {"EUR": {"amount": "0.10", "rides": 1}, "USD": {"amount": "0.30", "rides": 2}},
            "settled": {"USD": {"amount": "7.00", "rides": 1}},
            "rides-without-a-price": 1,
        }
    }


def test_a_period_has_the_rides_that_settlement_has_in_it(world: World) -> None:
    period = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
    ids = [item["id"]["S"] for item in items_of(account(world), "p-comet", *period)]
    assert ids == [f"ride#{entry.ride_id}" for entry in world.ledger.of("p-comet", *period)]
    assert ids == ["ride#rfq-1.1", "ride#rfq-2.1"]


def test_people_see_a_line_for_each_partner_and_currency(world: World) -> None:
    standings = {id_: standing_of(items_of(account(world), id_, *EVER)) for id_ in ("p-comet", "p-nimbus")}
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(to_table(standings))
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["p-comet", "EUR", "0.10", "1", "1"] in lines
    assert ["USD", "0.30", "2", "7.00", "1"] in lines
    assert ["p-nimbus", "1"] in lines
