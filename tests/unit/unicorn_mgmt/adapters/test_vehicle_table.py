from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import h3
import pytest

from tests.support.unicorn_mgmt.world import AIRPORT, CARD, SPACE_NEEDLE, VEHICLE_TABLE, World, vehicle
from unicorn_mgmt.adapters.vehicle_table import PAGE_SIZE, VehicleTable, Written
from unicorn_mgmt.domain.vehicle import COARSE, FINE, Vehicle, filed
from wild_rydes_dynamodb.change import TableBusy

LIMITED = vehicle("limited", card=replace(CARD, max_km=12.5))


def stored(world: World) -> dict[str, Vehicle | None]:
    items = world.dynamodb.scan(TableName=VEHICLE_TABLE, ConsistentRead=True)["Items"]
    return {item["vehicle"]["S"]: world.vehicles.get(item["id"]["S"]) for item in items}


def found(world: World, cell: str) -> set[str]:
    [page] = world.vehicles.in_areas([filed(cell)])
    return {each.id for each in page.vehicles}


@pytest.mark.parametrize("given", [vehicle("7"), LIMITED, vehicle("old", retired=True)])
def test_what_is_written_is_read(world: World, given: Vehicle) -> None:
    assert world.vehicles.write([given]) == Written(1, 0, 0)
    assert world.vehicles.get(given.responder_id) == given


def test_nobody_knows_what_was_never_written(world: World) -> None:
    assert world.vehicles.get(vehicle("7").responder_id) is None
    assert world.vehicles.write([]) == Written(0, 0, 0)


def test_only_what_differs_is_written(world: World, calls: list[str]) -> None:
    fleet = [vehicle(f"{n}") for n in range(130)]
    assert world.vehicles.write(fleet) == Written(130, 0, 0)
    assert Counter(calls) == {"BatchGetItem": 2, "BatchWriteItem": 4 + 2}
    calls.clear()
    assert world.vehicles.write(fleet) == Written(0, 0, 130)
    assert Counter(calls) == {"BatchGetItem": 2}
    fleet[7] = replace(fleet[7], retired=True)
    fleet[99] = replace(fleet[99], place=AIRPORT)
    calls.clear()
    assert world.vehicles.write([*fleet, vehicle("new")]) == Written(1, 2, 128)
    assert Counter(calls) == {"BatchGetItem": 2, "BatchWriteItem": 2}
    assert stored(world) == {each.id: each for each in [*fleet, vehicle("new")]}


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Another"},
        {"at": AIRPORT},
        {"retired": True},
        {"card": replace(CARD, base=Decimal("9.99"))},
        {"card": replace(CARD, per_km=Decimal("9.99"))},
        {"card": replace(CARD, minimum=Decimal("9.99"))},
        {"card": replace(CARD, currency="CHF")},
        {"card": replace(CARD, max_km=1.0)},
    ],
    ids=lambda other: str([*other]),
)
def test_whatever_changes_of_a_vehicle_is_written(world: World, other: dict[str, Any]) -> None:
    world.vehicles.write([vehicle("7")])
    changed = vehicle("7", **other)
    assert world.vehicles.write([changed]) == Written(0, 1, 0)
    assert world.vehicles.get(changed.responder_id) == changed


def test_a_price_that_is_written_otherwise_is_no_change(world: World) -> None:
    world.vehicles.write([vehicle("7", card=replace(CARD, base=Decimal(3)))])
    assert world.vehicles.write([vehicle("7", card=replace(CARD, base=Decimal("3.00")))]) == Written(0, 0, 1)


def test_of_a_vehicle_given_twice_the_last_counts(world: World) -> None:
    assert world.vehicles.write([vehicle("7"), vehicle("7", name="Later")]) == Written(1, 0, 0)
    assert world.vehicles.get(vehicle("7").responder_id) == vehicle("7", name="Later")


def test_an_import_that_is_taken_up_again_counts_as_it_did_the_first_time(world: World) -> None:
    world.vehicles.write([vehicle("same"), vehicle("moves")], "first")
    fleet = [vehicle("new"), vehicle("same"), vehicle("moves", at=AIRPORT)]
    assert world.vehicles.write(fleet, "second") == Written(1, 1, 1)
    assert world.vehicles.write(fleet, "second") == Written(1, 1, 1)
    assert world.vehicles.write(fleet, "third") == Written(0, 0, 3)


def test_an_import_that_crashed_in_the_midst_counts_the_whole(world: World) -> None:
    fleet = [vehicle("7"), vehicle("8")]
    world.vehicles.write(fleet[:1], "import")
    assert world.vehicles.write(fleet, "import") == Written(2, 0, 0)


def test_what_the_table_does_not_take_at_once_is_written_again(world: World) -> None:
    real, busy, waits = world.dynamodb.batch_write_item, [2], list[float]()

    def batch_write_item(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto's
        if busy[0]:
            busy[0] -= 1
            return {"UnprocessedItems": RequestItems}
        return real(RequestItems=RequestItems)  # type: ignore[no-any-return]

    table = VehicleTable(world.dynamodb, VEHICLE_TABLE, sleep=waits.append, uniform=max)
    with patch.object(world.dynamodb, "batch_write_item", batch_write_item):
        assert table.write([vehicle("7")]) == Written(1, 0, 0)
        assert waits == sorted(waits)
        assert len(waits) == 2
        busy[0] = 1_000
        with pytest.raises(TableBusy):
            table.write([vehicle("8")])
    assert stored(world) == {"7": vehicle("7")}


def test_a_read_that_the_table_does_not_take_at_once_is_made_again(world: World) -> None:
    real, busy = world.dynamodb.batch_get_item, [1]
    world.vehicles.write([vehicle("7")])

    def batch_get_item(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto's
        if busy[0]:
            busy[0] -= 1
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return real(RequestItems=RequestItems)  # type: ignore[no-any-return]

    with patch.object(world.dynamodb, "batch_get_item", batch_get_item):
        assert world.vehicles.write([vehicle("7")]) == Written(0, 0, 1)
        busy[0] = 1_000
        with pytest.raises(TableBusy):
            world.vehicles.write([vehicle("7")])


@pytest.mark.parametrize("resolution", [COARSE, FINE - 1, FINE])
def test_vehicles_are_found_in_the_cells_around_them_unless_they_are_retired(
    world: World, resolution: int
) -> None:
    world.vehicles.write([vehicle("here"), vehicle("there", at=AIRPORT), vehicle("gone", retired=True)])
    here, there = (
        h3.cell_to_parent(h3.latlng_to_cell(at.lat, at.lon, FINE), resolution)
        for at in (SPACE_NEEDLE, AIRPORT)
    )
    assert here != there
    assert found(world, here) == {"here"}
    assert found(world, there) == {"there"}


def test_a_vehicle_that_moves_or_retires_is_found_where_it_was_no_more(world: World) -> None:
    world.vehicles.write([vehicle("7"), vehicle("8")])
    world.vehicles.write([vehicle("7", at=AIRPORT), vehicle("8", retired=True)])
    assert not found(world, h3.latlng_to_cell(SPACE_NEEDLE.lat, SPACE_NEEDLE.lon, FINE))
    assert found(world, h3.latlng_to_cell(AIRPORT.lat, AIRPORT.lon, FINE)) == {"7"}


def test_an_area_is_read_no_further_than_a_page(world: World) -> None:
    world.vehicles.write([vehicle(f"{n}") for n in range(PAGE_SIZE + 1)])
    area = vehicle("7").filed
    [crowded, empty] = world.vehicles.in_areas([area, filed(h3.latlng_to_cell(0, 0, FINE))])
    assert (len(crowded.vehicles), crowded.complete) == (PAGE_SIZE, False)
    assert (empty.vehicles, empty.complete) == ([], True)
    world.vehicles.write([vehicle("0", retired=True)])
    [whole] = world.vehicles.in_areas([area])
    assert len(whole.vehicles) == PAGE_SIZE
