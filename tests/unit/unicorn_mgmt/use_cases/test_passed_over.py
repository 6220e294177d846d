"""Unicorns that have quoted hear that another one has taken the ride, whoever that is."""

from typing import Any

import pytest

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.faults import throttled
from tests.support.unicorn_mgmt.invitations import NO, QUOTE, answer, by_hand, respond
from tests.support.unicorn_mgmt.messages import accepted
from tests.support.unicorn_mgmt.world import NOW, TABLE, World

CHOSEN = {"type": "another-chosen", "rfq-id": "rfq-1"}


@pytest.fixture
def quoted(world: World, call: Client) -> list[str]:
    """The ids of those who have quoted for rfq-1, over c-1 and c-2. Another one has declined, and one is silent."""
    ids = [by_hand(world, f"unicorn-{n}", f"c-{n}") for n in (1, 2, 3, 4)]
    respond(world)
    assert answer(call, QUOTE, "unicorn-1") == answer(call, QUOTE, "unicorn-2") == 202
    assert answer(call, NO, "unicorn-3") == 202
    world.socket.pushed.clear()
    return ids[:2]


def booked(world: World, id_: str, ride_id: str = "rfq-1.1") -> dict[str, Any]:
    """Have a booking decided; what the stream says of it."""
    before = world.item(id_)
    world.decide(accepted(id_, ride_id))
    return world.record(id_, before)


def told(world: World, *records: dict[str, Any]) -> list[tuple[str, Any]]:
    """Have changes announced; who hears that another one was chosen."""
    world.socket.pushed.clear()
    world.outbox().handle({"Records": [*records]})
    return [(connection, push) for connection, push in world.socket.pushed if push["type"] != "ride"]


def test_who_has_quoted_hears_that_another_was_chosen_and_nobody_else_does(
    world: World, quoted: list[str]
) -> None:
    assert told(world, booked(world, quoted[0])) == [("c-2", CHOSEN)]
    assert {push["type"] for _, push in world.socket.pushed} == {"ride", "another-chosen"}


def test_one_who_was_not_asked_may_be_chosen(world: World, quoted: list[str]) -> None:
    by_card = world.add("by-card")
    assert sorted(told(world, booked(world, by_card))) == [("c-1", CHOSEN), ("c-2", CHOSEN)]


def test_the_same_batch_again_tells_the_same_again(world: World, quoted: list[str]) -> None:
    record = booked(world, quoted[0])
    assert told(world, record) == told(world, record) == [("c-2", CHOSEN)]


def test_a_ride_that_is_given_up_may_become_theirs(world: World, quoted: list[str]) -> None:
    first, second = quoted
    booked(world, first)
    before = world.item(first)
    world.unicorns.change(first, lambda unicorn: unicorn.end("rfq-1.1", "cancelled", NOW))
    assert told(world, world.record(first, before)) == []
    assert told(world, booked(world, second, "rfq-1.2")) == [("c-1", CHOSEN)]


def test_an_rfq_of_which_nothing_is_known_any_more_tells_nobody(world: World, quoted: list[str]) -> None:
    record = booked(world, quoted[0])
    world.dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "invitation#rfq-1"}})
    assert told(world, record) == []


def test_no_ride_that_has_ended_and_no_answer_costs_a_read(
    world: World, quoted: list[str], calls: list[str]
) -> None:
    booked(world, quoted[0])
    before = world.item(quoted[0])
    world.unicorns.change(quoted[0], lambda unicorn: unicorn.end("rfq-1.1", "completed", NOW))
    record = world.record(quoted[0], before)
    calls.clear()
    assert told(world, record) == []
    assert "BatchGetItem" not in calls


@pytest.mark.moto
def test_a_busy_table_keeps_nobody_from_the_ride(world: World, quoted: list[str]) -> None:
    record = booked(world, quoted[0])
    with throttled(world.dynamodb, "dynamodb.BatchGetItem", 1000):
        assert told(world, record) == []
    assert [(connection, push["type"]) for connection, push in world.socket.pushed] == [("c-1", "ride")]
    assert [event["detail-type"] for event in world.published()] == ["RideConfirmed"]
    assert "cannot say who was passed over" in {line["message"] for line in world.logs}
