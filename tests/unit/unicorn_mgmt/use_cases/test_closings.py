"""Unicorns that have not answered hear that an RFQ is over, in whatever order messages come."""

from datetime import timedelta

import pytest

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.faults import throttled
from tests.support.unicorn_mgmt.invitations import NO, QUOTE, answer, by_hand, respond
from tests.support.unicorn_mgmt.messages import over
from tests.support.unicorn_mgmt.world import NOW, World
from wild_rydes_contracts import CompletedBy, RfqRequested

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def close(world: World, *bodies: str) -> list[str]:
    """Have RFQs closed; the connections that hear of it."""
    world.socket.pushed.clear()
    assert world.closings().handle(world.deliver(*bodies)) == DONE
    return [connection for connection, _ in world.socket.pushed]


@pytest.mark.parametrize("completed_by", ["cancelled", "deadline"])
def test_who_has_not_answered_is_told_and_need_not_answer(
    world: World, call: Client, completed_by: CompletedBy
) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    by_hand(world, "saruman", "c-2")
    respond(world)
    assert answer(call, NO, "saruman") == 202

    assert close(world, over("rfq-1", completed_by)) == ["c-1"]
    [(_, push)] = world.socket.pushed
    assert push == {"type": "invitation-closed", "rfq-id": "rfq-1", "completed-by": completed_by}
    late = call("POST", "/rfqs/rfq-1/answers", QUOTE)
    assert (late.status, late.body["detail"]) == (410, "The RFQ is over.")
    assert answer(call, NO, "saruman") == 202  # a repetition of what counts
    assert world.invitations.open_to(id_, NOW) == []


def test_who_has_quoted_is_told_that_the_customer_has_cancelled_and_of_no_deadline(
    world: World, call: Client
) -> None:
    by_hand(world, "gandalf", "c-1")
    by_hand(world, "saruman", "c-2")
    respond(world)
    assert answer(call, QUOTE) == 202
    assert answer(call, NO, "saruman") == 202
    assert close(world, over("rfq-1", "deadline")) == []
    assert close(world, over("rfq-1", "cancelled")) == ["c-1"]
    assert close(world, over("rfq-1", "cancelled")) == ["c-1"]
    [(_, push)] = world.socket.pushed
    assert push == {"type": "invitation-closed", "rfq-id": "rfq-1", "completed-by": "cancelled"}


def test_a_duplicate_changes_nothing_and_tells_again(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    assert close(world, over("rfq-1")) == ["c-1"]
    before = world.item("invitation#rfq-1")
    assert close(world, over("rfq-1"), over("rfq-1")) == ["c-1", "c-1"]
    assert world.item("invitation#rfq-1") == before


def test_an_rfq_that_ended_before_the_longest_deadline_has_nothing_to_close(
    world: World, calls: list[str]
) -> None:
    by_hand(world, "gandalf", "c-1")
    event = world.deliver(
        over("rfq-1", at=NOW - RfqRequested.useful_life), over("rfq-2", at=NOW - timedelta(days=29))
    )
    calls.clear()
    assert world.closings().handle(event) == DONE
    assert calls == []
    assert close(world, over("rfq-1", at=NOW - RfqRequested.useful_life + timedelta(seconds=1))) == []
    assert "closed_at" in world.item("invitation#rfq-1")


def test_an_rfq_to_which_nobody_was_invited_costs_one_write(world: World, calls: list[str]) -> None:
    event = world.deliver(over("rfq-1"))
    calls.clear()
    assert world.closings().handle(event) == DONE
    assert calls == ["UpdateItem"]


def test_who_is_not_connected_is_not_told_and_a_closed_connection_is_forgotten(world: World) -> None:
    gone, away = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    respond(world)
    world.connections.disconnect(away, "c-2")
    world.socket.failing["c-1"] = 410
    assert close(world, over("rfq-1")) == ["c-1"]
    assert "connection" not in world.item(gone)
    [line] = [line for line in world.logs if line["message"] == "closed"]
    assert (line["unanswered"], line["connected"], line["correlation_id"]) == (2, 1, "rfq-1")


@pytest.mark.moto
def test_garbage_and_a_busy_table_hold_up_nothing_else(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    world.socket.pushed.clear()
    with throttled(world.dynamodb, "dynamodb.UpdateItem", 1000):
        [failure] = world.closings().handle(world.deliver(over("rfq-1"), "garbage"))["batchItemFailures"]
    assert failure
    assert len(world.parked()) == 1
    assert world.socket.pushed == []
    assert close(world) == ["c-1"]  # the message has come again


def test_a_closing_is_no_answer(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    before = world.item("invitation#rfq-1")
    close(world, over("rfq-1"))
    assert world.announced("invitation#rfq-1", before) == []
    assert world.answers() == []
