from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from tests.unit.unicorn_mgmt.world import CARD, NOW, SPACE_NEEDLE, TABLE, World
from unicorn_mgmt.model import Unicorn
from unicorn_mgmt.vicinity import cell_of

SHADOWFAX = Unicorn("u-shadowfax", "Shadowfax", CARD, auto_quote=True)
HERE = cell_of(SPACE_NEEDLE)


def test_what_is_registered_is_found(world: World) -> None:
    limited = replace(SHADOWFAX, rate_card=replace(CARD, max_km=12.5), auto_quote=False)
    assert world.store.register(limited, "gandalf")
    assert world.store.find("u-shadowfax", "gandalf") == limited


def test_registering_again_changes_everything_but_the_position(world: World) -> None:
    assert world.store.register(replace(SHADOWFAX, rate_card=replace(CARD, max_km=12.5)), "gandalf")
    world.store.show_up("u-shadowfax", "gandalf", SPACE_NEEDLE, HERE, NOW)
    changed = replace(SHADOWFAX, name="Snowmane", rate_card=replace(CARD, base=Decimal("9.99")))
    assert not world.store.register(changed, "gandalf")
    assert world.store.available_in(HERE) == [replace(changed, position=SPACE_NEEDLE)]


def test_another_owner_neither_finds_nor_changes_it(world: World) -> None:
    world.store.register(SHADOWFAX, "gandalf")
    assert world.store.find("u-shadowfax", "saruman") is None
    assert not world.store.show_up("u-shadowfax", "saruman", SPACE_NEEDLE, HERE, NOW)
    assert not world.store.go_off("u-shadowfax", "saruman", NOW)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        world.store.register(replace(SHADOWFAX, name="Saruman's"), "saruman")
    assert world.store.find("u-shadowfax", "gandalf") == SHADOWFAX


def test_a_report_does_not_make_a_unicorn(world: World) -> None:
    assert not world.store.show_up("u-nobody", "nobody", SPACE_NEEDLE, HERE, NOW)
    assert not world.store.go_off("u-nobody", "nobody", NOW)
    assert world.store.find("u-nobody", "nobody") is None


def test_only_the_available_are_in_the_index_and_have_a_position(world: World) -> None:
    world.add("registered", at=None)
    gone, here = world.add("gone"), world.add("here")
    assert world.store.go_off(gone, "gone", NOW + timedelta(minutes=1))
    assert [unicorn.id for unicorn in world.store.available_in(HERE)] == [here]
    assert not {"lat", "lon", "cell"} & world.item(gone).keys()


def test_all_pages_of_a_cell_are_read(world: World, calls: list[str]) -> None:
    ids = {world.add(f"unicorn {i}") for i in range(5)}
    for id_ in ids:  # 1 MB is a page
        world.dynamodb.update_item(
            TableName=TABLE,
            Key={"id": {"S": id_}},
            UpdateExpression="SET padding = :padding",
            ExpressionAttributeValues={":padding": {"S": "x" * 300_000}},
        )
    calls.clear()
    assert {unicorn.id for unicorn in world.store.available_in(HERE)} == ids
    assert len(calls) > 1


def test_items_are_compact(world: World) -> None:
    item = world.item(world.add("Bucephalus, the second of his name"))
    attributes = [(name, next(iter(value.values()))) for name, value in item.items()]
    assert sum(len(name) + len(str(value)) for name, value in attributes) < 250
