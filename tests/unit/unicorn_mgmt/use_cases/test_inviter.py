"""Unicorns that price by hand: who is invited."""

import pytest

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.invitations import DEADLINE, NO, answer, by_hand, respond
from tests.support.unicorn_mgmt.messages import over
from tests.support.unicorn_mgmt.world import (
    AIRPORT,
    API,
    MAX_ATTEMPTS,
    NOW,
    SPACE_NEEDLE,
    World,
)
from unicorn_mgmt.domain.vicinity import MAX_FOUND


def test_the_connected_are_invited_and_the_others_decline(world: World) -> None:
    connected, away = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman")
    data = respond(world)
    assert set(data["asked"]) == {connected, away}
    assert data["answers"] == [{"kind": "decline", "responder_id": away, "reason": "unreachable"}]
    assert world.socket.pushed == [
        (
            "c-1",
            {
                "type": "invitation",
                "rfq-id": "rfq-1",
                "from": {"lat": SPACE_NEEDLE.lat, "lon": SPACE_NEEDLE.lon},
                "to": {"lat": AIRPORT.lat, "lon": AIRPORT.lon},
                "deadline": "2026-11-21T09:05:00Z",
                "links": {"answers": f"{API}/rfqs/rfq-1/answers"},
            },
        )
    ]
    assert int(world.item("invitation#rfq-1")["expires_at"]["N"]) > DEADLINE.timestamp()


def test_a_closed_connection_is_a_decline_and_forgotten(world: World, calls: list[str]) -> None:
    gone, fine = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    world.socket.failing["c-1"] = 410
    data = respond(world)
    assert data["answers"] == [{"kind": "decline", "responder_id": gone, "reason": "unreachable"}]
    assert "connection" not in world.item(gone)
    assert world.item(fine)["connection"] == {"S": "c-2"}
    calls.clear()
    assert respond(world, world.request("rfq-2"))["answers"] == data["answers"]
    assert calls.count("PostToConnection") == 1


def test_a_push_that_fails_otherwise_is_a_decline_and_the_connection_stays(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.socket.failing["c-1"] = 403
    assert respond(world)["answers"] == [{"kind": "decline", "responder_id": id_, "reason": "unreachable"}]
    assert "connection" in world.item(id_)


@pytest.mark.slow
def test_fifty_cost_one_pass_and_at_most_1_2_requests_each(world: World, calls: list[str]) -> None:
    for i in range(MAX_FOUND):
        by_hand(world, f"unicorn {i}", f"c-{i}")
    event = world.deliver(world.request())
    calls.clear()
    world.socket.together = 2
    world.responder().handle(event)
    assert calls.count("PostToConnection") == MAX_FOUND
    assert calls.count("PutItem") == 1
    assert calls.count("BatchWriteItem") == 2
    assert len(calls) <= 1.2 * MAX_FOUND
    assert 1 < world.socket.most_in_flight <= 10


def test_an_rfq_that_nobody_prices_by_hand_costs_what_it_did(world: World, calls: list[str]) -> None:
    world.add("auto")
    event = world.deliver(world.request())
    calls.clear()
    world.responder().handle(event)
    assert set(calls) - {"Query", "GetQueueUrl"} == {"SendMessageBatch"}


def test_a_duplicate_invites_again_those_who_have_not_answered_and_nobody_else(
    world: World, call: Client
) -> None:
    first, second = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    before = respond(world)
    assert answer(call, NO) == 202
    item = world.item("invitation#rfq-1")
    newcomer = by_hand(world, "radagast", "c-3")
    world.socket.pushed.clear()
    after = respond(world)
    assert [connection for connection, _ in world.socket.pushed] == ["c-2"]
    assert world.item("invitation#rfq-1") == item
    assert before == {"asked": before["asked"], "answers": []}
    assert set(after["asked"]) == {first, second, newcomer}
    assert after["answers"] == [{"kind": "decline", "responder_id": newcomer, "reason": "unreachable"}]


def test_a_table_that_fails_brings_the_rfq_again_and_parks_it_in_the_end(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    deliver = world.deliver(world.request(), attempt=MAX_ATTEMPTS)
    world.dynamodb.delete_table(TableName="unicorn-mgmt")
    assert world.responder().handle(deliver) == {"batchItemFailures": []}
    assert len(world.parked()) == 1
    assert world.socket.pushed == []  # nobody is invited to what was not noted


def test_where_nobody_is_connected_nobody_is_invited(world: World, calls: list[str]) -> None:
    away = by_hand(world, "gandalf")
    event = world.deliver(world.request())
    calls.clear()
    world.responder().handle(event)
    assert "PostToConnection" not in calls
    assert world.item("invitation#rfq-1")["invited"] == {"M": {}}
    [response] = world.answers()
    assert response["data"]["answers"] == [{"kind": "decline", "responder_id": away, "reason": "unreachable"}]


def test_who_has_been_declined_is_not_invited_by_a_duplicate(world: World, call: Client) -> None:
    """The first answer of a responder stands: a quote after it would be taken, and count for nothing."""
    away = by_hand(world, "gandalf")
    before = respond(world)
    assert world.connections.connect(away, "gandalf", "c-1")
    after = respond(world)
    assert world.socket.pushed == []
    assert after == before
    assert answer(call, NO) == 404


def test_who_has_been_invited_is_not_declined_by_a_duplicate(world: World, call: Client) -> None:
    """Its line may have dropped meanwhile, and so may those of all others."""
    id_ = by_hand(world, "gandalf", "c-1")
    respond(world)
    world.connections.disconnect(id_, "c-1")
    assert respond(world) == {"asked": [id_], "answers": []}
    assert answer(call, NO) == 202


def test_who_could_not_be_told_is_not_invited(world: World, call: Client) -> None:
    """It counts as declined, and an answer would not be heard."""
    id_, other = by_hand(world, "gandalf", "c-1"), by_hand(world, "saruman", "c-2")
    world.socket.failing["c-1"] = 410
    before = respond(world)
    assert world.connections.connect(id_, "gandalf", "c-3")
    assert call("GET", f"/unicorns/{id_}/invitations").body == {"invitations": []}
    assert answer(call, NO) == 404
    assert answer(call, NO, "saruman") == 202
    world.socket.pushed.clear()
    after = respond(world)
    assert world.socket.pushed == []
    assert after["answers"] == before["answers"]
    assert set(after["asked"]) == {id_, other}


def test_an_rfq_that_is_over_invites_nobody(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    assert world.closings().handle(world.deliver(over("rfq-1"))) == {"batchItemFailures": []}
    assert respond(world) == {"asked": [id_], "answers": []}
    assert world.socket.pushed == []
    assert world.invitations.open_to(id_, NOW) == []


def test_a_duplicate_after_the_end_invites_nobody(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    world.closings().handle(world.deliver(over("rfq-1")))
    world.socket.pushed.clear()
    assert respond(world)["answers"] == []
    assert world.socket.pushed == []
