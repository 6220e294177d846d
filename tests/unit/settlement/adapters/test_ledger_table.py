"""The ledger's table: periods and pages."""

from datetime import timedelta
from typing import Any

import pytest

from settlement.domain.ledger import Contradiction
from tests.support.settlement.ledger import World, accepted, completed, usd
from wild_rydes_contracts.fakes import NOON


def test_a_period_begins_at_its_first_instant_and_ends_before_its_last(world: World) -> None:
    for number in range(4):
        world.hear(completed(f"rfq-{number}.1", at=NOON + timedelta(hours=number)))
    found = world.ledger.of("p-comet", NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    assert [entry.ride_id for entry in found] == ["rfq-1.1", "rfq-2.1"]


def test_a_period_is_read_page_after_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rides = [f"rfq-{number}.1" for number in range(7)]
    for number, ride in enumerate(rides):
        world.hear(completed(ride, at=NOON + timedelta(seconds=number)), completed(f"x{ride}", by="p-nimbus"))
    calls: list[dict[str, Any]] = []

    def two_at_once(params: dict[str, Any], **_: object) -> None:
        params["Limit"] = 2
        calls.append(params)

    world.dynamodb.meta.events.register("provide-client-params.dynamodb.Query", two_at_once)
    assert [entry.ride_id for entry in world.owed()] == rides
    assert len(calls) == 4


def test_the_price_of_another_partners_ride_changes_nothing(world: World) -> None:
    world.hear(accepted())
    with pytest.raises(Contradiction, match="another partner"):
        world.ledger.note_price("rfq-1.1", "p-nimbus", usd("1.00"), NOON)
