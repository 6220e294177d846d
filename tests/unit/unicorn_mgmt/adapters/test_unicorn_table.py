import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import refusal
from tests.support.unicorn_mgmt.world import AIRPORT, CARD, NOW, SPACE_NEEDLE, TABLE, World
from unicorn_mgmt.adapters.unicorn_table import rejection_from
from unicorn_mgmt.domain.unicorn import Rejection, Ride, Unicorn, cell_of
from wild_rydes_dynamodb.change import TableBusy

SHADOWFAX = Unicorn("u-shadowfax", "Shadowfax", CARD, auto_quote=True)
HERE = cell_of(SPACE_NEEDLE)


def test_what_is_registered_is_found(world: World) -> None:
    limited = replace(SHADOWFAX, rate_card=replace(CARD, max_km=12.5), auto_quote=False)
    assert world.unicorns.register(limited, "gandalf") == (limited, True)
    assert world.unicorns.find("u-shadowfax", "gandalf") == limited


def test_registering_again_changes_everything_but_the_position(world: World) -> None:
    world.unicorns.register(replace(SHADOWFAX, rate_card=replace(CARD, max_km=12.5)), "gandalf")
    world.unicorns.change("u-shadowfax", lambda unicorn: unicorn.report(SPACE_NEEDLE, NOW))
    changed = replace(SHADOWFAX, name="Snowmane", rate_card=replace(CARD, base=Decimal("9.99")))
    stored, new = world.unicorns.register(changed, "gandalf")
    assert not new
    assert world.available_in(HERE) == [replace(changed, position=SPACE_NEEDLE)]
    assert stored == world.unicorns.find("u-shadowfax", "gandalf")
    assert stored == replace(changed, position=SPACE_NEEDLE, reported_at=NOW, revision=1)


def test_another_owner_neither_finds_nor_changes_it(world: World) -> None:
    world.unicorns.register(SHADOWFAX, "gandalf")
    assert world.unicorns.find("u-shadowfax", "saruman") is None
    assert not world.unicorns.change("u-shadowfax", lambda known: known.report(SPACE_NEEDLE, NOW), "saruman")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        world.unicorns.register(replace(SHADOWFAX, name="Saruman's"), "saruman")
    assert world.unicorns.find("u-shadowfax", "gandalf") == SHADOWFAX


def test_a_report_does_not_make_a_unicorn(world: World) -> None:
    assert not world.unicorns.change("u-nobody", lambda known: known.report(SPACE_NEEDLE, NOW), "nobody")
    assert world.unicorns.find("u-nobody", "nobody") is None


def test_only_the_available_are_in_the_index_and_have_a_position(world: World) -> None:
    world.add("registered", at=None)
    gone, here = world.add("gone"), world.add("here")
    assert world.unicorns.change(gone, lambda unicorn: unicorn.report(None, NOW))
    assert [unicorn.id for unicorn in world.available_in(HERE)] == [here]
    assert not {"lat", "lon", "cell"} & world.item(gone).keys()


@pytest.mark.moto
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
    assert {unicorn.id for unicorn in world.available_in(HERE)} == ids
    assert len(calls) > 1


def test_cells_are_read_at_once(world: World) -> None:
    """One after the other, none of these queries would end."""
    elsewhere = cell_of(AIRPORT)
    here, there = world.add("here"), world.add("there", at=AIRPORT)
    both = threading.Barrier(2, timeout=5)
    query = world.dynamodb.query
    with patch.object(world.dynamodb, "query", lambda **request: (both.wait(), query(**request))[1]):
        found = world.unicorns.available_in([HERE, elsewhere])
    assert {cell: [unicorn.id for unicorn in unicorns] for cell, unicorns in found.items()} == {
        HERE: [here],
        elsewhere: [there],
    }


def test_a_cell_that_cannot_be_read_is_not_an_empty_one(world: World) -> None:
    query = world.dynamodb.query

    def throttled(**request: Any) -> Any:
        if request["ExpressionAttributeValues"][":cell"]["S"] != HERE:
            raise refusal("ThrottlingException")
        return query(**request)

    with (
        patch.object(world.dynamodb, "query", throttled),
        pytest.raises(ClientError, match="ThrottlingException"),
    ):
        world.unicorns.available_in([HERE, cell_of(AIRPORT)])


def test_items_are_compact(world: World) -> None:
    item = world.item(world.add("Bucephalus, the second of his name"))
    attributes = [(name, next(iter(value.values()))) for name, value in item.items()]
    assert sum(len(name) + len(str(value)) for name, value in attributes) < 250


RIDE = Ride("rfq-1.1", "rfq-1", "c-1", NOW)


def test_a_ride_takes_a_unicorn_out_of_the_index_and_its_end_brings_it_back(world: World) -> None:
    id_ = world.add("gandalf")
    change = world.unicorns.change(id_, lambda unicorn: unicorn.take(RIDE))
    assert change
    assert change.after.ride == RIDE
    assert world.available_in(HERE) == []
    assert world.unicorns.find(id_, "gandalf") == change.after
    ended = world.unicorns.change(id_, lambda unicorn: unicorn.end(RIDE.id, "completed", NOW))
    assert ended
    assert world.unicorns.find(id_, "gandalf") == ended.after
    assert [unicorn.id for unicorn in world.available_in(HERE)] == [id_]


def test_what_changes_nothing_is_not_written(world: World, calls: list[str]) -> None:
    id_ = world.add("gandalf")
    calls.clear()
    change = world.unicorns.change(id_, lambda unicorn: unicorn.report(SPACE_NEEDLE, NOW))
    assert change
    assert change.before == change.after
    assert calls == ["GetItem"]


def test_who_was_faster_is_seen_and_the_rule_applied_again(world: World) -> None:
    id_ = world.add("gandalf")
    other = replace(RIDE, id="rfq-2.1")
    seen: list[Ride | None] = []

    def slow(unicorn: Unicorn) -> Unicorn:
        if not seen:
            world.unicorns.change(id_, lambda now: now.take(other))
        seen.append(unicorn.ride)
        return unicorn.take(RIDE)

    change = world.unicorns.change(id_, slow)
    assert seen == [None, other]
    assert change
    assert change.after.ride == other


def test_always_slower_is_busy(world: World) -> None:
    id_ = world.add("gandalf")
    minutes = iter(range(1, 100))

    def move(unicorn: Unicorn) -> Unicorn:
        at = NOW + timedelta(minutes=next(minutes))
        world.unicorns.register(unicorn, "gandalf")
        world.dynamodb.update_item(
            TableName=TABLE,
            Key={"id": {"S": id_}},
            UpdateExpression="ADD revision :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        return unicorn.report(SPACE_NEEDLE, at)

    with pytest.raises(TableBusy):
        world.unicorns.change(id_, move)


def test_a_rejection_is_noted_once(world: World) -> None:
    rejection = Rejection("rfq-1.1", "rfq-1", "u-1", "unicorn-busy", NOW)
    assert world.unicorns.reject(rejection)
    assert not world.unicorns.reject(replace(rejection, reason="unicorn-gone"))
    item = world.item("decision#rfq-1.1")
    assert rejection_from(item) == rejection
    assert int(item["expires_at"]["N"]) > NOW.timestamp()
