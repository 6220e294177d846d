"""A unicorn socket that answers nobody, or refuses at once: whatever is more important than pushes waits for a moment."""

import pytest

from tests.support.unicorn_mgmt.invitations import by_hand
from tests.support.unicorn_mgmt.messages import over
from tests.support.unicorn_mgmt.world import NOW, World
from unicorn_mgmt.domain.unicorn import Ride
from wild_rydes_http.sockets import AT_ONCE, POSTING_FOR

pytestmark = pytest.mark.slow

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
RFQS = 10
UNICORNS = 12
TAKES = 0.5
MOST = POSTING_FOR / TAKES + AT_ONCE
"""So many pushes begin before the time is over."""


def hang(world: World) -> None:
    """Each push fails after half a second of the socket's clock."""
    world.socket.takes = TAKES
    world.socket.failing |= {f"c-{i}": 504 for i in range(UNICORNS)}


def test_the_replies_of_a_batch_wait_once_and_tell_who_could_not_be_reached(world: World) -> None:
    ids = {by_hand(world, f"unicorn {i}", f"c-{i}") for i in range(UNICORNS)}
    hang(world)
    event = world.deliver(*(world.request(f"rfq-{i}") for i in range(RFQS)))
    assert world.responder().handle(event) == DONE
    assert len(world.socket.pushed) <= MOST
    replies = world.answers()
    assert len(replies) == RFQS
    for reply in replies:
        assert {answer["responder_id"] for answer in reply["data"]["answers"]} == ids
    for i in range(RFQS):
        assert world.item(f"invitation#rfq-{i}")["invited"] == {"M": {}}


def test_a_full_phone_is_tried_once_for_each_rfq_and_the_other_gets_all(world: World) -> None:
    full, fine = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    world.socket.failing["c-1"] = 429
    event = world.deliver(*(world.request(f"rfq-{i}") for i in range(RFQS)))
    assert world.responder().handle(event) == DONE
    tried = [connection for connection, _ in world.socket.pushed]
    assert (tried.count("c-1"), tried.count("c-2")) == (RFQS, RFQS)
    replies = world.answers()
    assert len(replies) == RFQS
    for reply in replies:
        assert set(reply["data"]["asked"]) == {full, fine}
        assert [answer["responder_id"] for answer in reply["data"]["answers"]] == [full]


def test_those_who_are_not_told_are_taken_back_in_one_write_for_each_rfq(
    world: World, calls: list[str]
) -> None:
    for i in range(UNICORNS):
        by_hand(world, f"unicorn {i}", f"c-{i}")
    hang(world)
    event = world.deliver(*(world.request(f"rfq-{i}") for i in range(RFQS)))
    calls.clear()
    world.responder().handle(event)
    assert calls.count("UpdateItem") == RFQS


def test_what_there_was_no_time_for_is_counted(world: World) -> None:
    for i in range(UNICORNS):
        by_hand(world, f"unicorn {i}", f"c-{i}")
    world.socket.takes = 2 * POSTING_FOR
    world.responder().handle(world.deliver(world.request(), world.request("rfq-2")))
    late = [line for line in world.logs if line["message"] == "cannot push"]
    assert {line["error"] for line in late} == {"Late"}
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0] * len(late)


def test_all_rfqs_of_a_batch_are_closed_before_anybody_hears_of_one(world: World, calls: list[str]) -> None:
    for i in range(UNICORNS):
        by_hand(world, f"unicorn {i}", f"c-{i}")
    rfqs = [f"rfq-{i}" for i in range(RFQS)]
    world.responder().handle(world.deliver(*map(world.request, rfqs)))
    world.socket.pushed.clear()
    hang(world)
    event = world.deliver(*map(over, rfqs))
    calls.clear()
    assert world.closings().handle(event) == DONE
    assert len(world.socket.pushed) <= MOST
    first_push = calls.index("PostToConnection")
    assert calls[:first_push].count("UpdateItem") == RFQS
    assert not {"UpdateItem", "BatchGetItem"} & {*calls[first_push:]}


def test_the_outbox_parks_before_it_pushes(world: World, calls: list[str]) -> None:
    ids = [by_hand(world, f"unicorn {i}", f"c-{i}") for i in range(UNICORNS)]
    hang(world)
    records = []
    for i, id_ in enumerate(ids):
        before = world.item(id_)
        ride = Ride(f"rfq-{i}.1", f"rfq-{i}", "cust", NOW)
        assert world.unicorns.change(id_, lambda unicorn, ride=ride: unicorn.take(ride))  # type: ignore[misc]
        records.append(world.record(id_, before))
    poison = {"eventID": "p", "eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "u"}}}}
    calls.clear()
    world.outbox().handle({"Records": [poison, *records]})
    assert len(world.parked()) == 1
    assert calls.index("SendMessage") < calls.index("PostToConnection")
    assert len(world.socket.pushed) <= MOST
