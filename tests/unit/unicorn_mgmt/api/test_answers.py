"""Answers that unicorns give by hand: who may answer, and how often."""

from typing import Any

import pytest

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.invitations import DEADLINE, NO, QUOTE, answer, by_hand, respond
from tests.support.unicorn_mgmt.world import World


def test_an_answer_may_be_repeated_and_not_changed(world: World, call: Client, calls: list[str]) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    calls.clear()
    assert answer(call, QUOTE) == 202
    assert calls == ["UpdateItem"]
    item = world.item("invitation#rfq-1")
    assert answer(call, {**QUOTE, "price": {"amount": "12.50", "currency": "USD"}}) == 202
    assert answer(call, NO) == 409
    world.now = DEADLINE
    assert answer(call, QUOTE) == 202
    assert world.item("invitation#rfq-1") == item


def test_only_who_was_invited_answers_and_only_in_time(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    assert answer(call, QUOTE, "saruman") == 404
    assert answer(call, QUOTE, rfq="rfq-2") == 404
    world.now = DEADLINE
    assert answer(call, QUOTE) == 410


def test_the_log_tells_which_rfq_was_answered(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    answer(call, QUOTE)
    answer(call, QUOTE, rfq="rfq-2")
    lines = [line for line in world.logs if line["message"] == "answered"]
    assert [line["status"] for line in lines] == [202, 404]
    assert lines[0]["correlation_id"] == "rfq-1"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"price": QUOTE["price"]},
        {"pickup-in-seconds": 240},
        {**QUOTE, **NO},
        {**NO, "pickup-in-seconds": 1},
        {"decline": "Because I say so."},
        {"decline": ""},
        {**QUOTE, "pickup-in-seconds": -1},
        {**QUOTE, "pickup-in-seconds": 1.5},
        {**QUOTE, "price": {"amount": "-1", "currency": "USD"}},
        {**QUOTE, "price": {"amount": "10000.01", "currency": "USD"}},
        {**QUOTE, "responder-id": "u-other"},
    ],
)
def test_a_wrong_answer_is_refused(world: World, call: Client, calls: list[str], body: Any) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    calls.clear()
    assert answer(call, body) == 400
    assert calls == []
