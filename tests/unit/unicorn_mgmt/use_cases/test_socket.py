"""Where a unicorn's app is connected."""

from datetime import timedelta
from typing import Any

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.invitations import DEADLINE, NO, answer, by_hand, respond
from tests.support.unicorn_mgmt.world import AIRPORT, API, NOW, World
from unicorn_mgmt.domain.unicorn import Ride, unicorn_id


def event(type_: str, connection: str, sub: str = "gandalf") -> dict[str, Any]:
    context = {"eventType": type_, "connectionId": connection, "authorizer": {"sub": sub}}
    return {"requestContext": context}


def test_a_unicorn_connects_and_disconnects(world: World) -> None:
    id_ = world.add("gandalf", auto_quote=False)
    events = world.socket_events()

    def connection() -> str | None:
        unicorn = world.unicorns.find(id_, "gandalf")
        assert unicorn
        return unicorn.connection

    steps = [
        (event("CONNECT", "c-1"), 200, "c-1"),
        (event("CONNECT", "c-2"), 200, "c-2"),
        (event("DISCONNECT", "c-1"), 200, "c-2"),
        (event("MESSAGE", "c-1"), 200, "c-2"),
        (event("DISCONNECT", "c-2"), 200, None),
        (event("DISCONNECT", "c-2"), 200, None),
        (event("MESSAGE", "c-2"), 200, "c-2"),
        (event("CONNECT", "c-9", sub="unregistered"), 403, "c-2"),
        (event("MESSAGE", "c-9", sub="unregistered"), 200, "c-2"),
    ]
    for told, status, known in steps:
        assert events.handle(told) == {"statusCode": status}
        assert connection() == known
    assert "Item" not in world.dynamodb.get_item(
        TableName="unicorn-mgmt", Key={"id": {"S": unicorn_id("unregistered")}}
    )


def test_a_connection_outlives_a_ride_and_a_position_report(world: World) -> None:
    id_ = world.add("gandalf", auto_quote=False, connection="c-1")
    world.unicorns.change(id_, lambda unicorn: unicorn.report(AIRPORT, NOW))
    assert world.item(id_)["connection"] == {"S": "c-1"}


def say(world: World, connection: str, sub: str = "gandalf") -> list[dict[str, Any]]:
    """What a message over this connection is answered."""
    world.socket.pushed.clear()
    assert world.socket_events().handle(event("MESSAGE", connection, sub)) == {"statusCode": 200}
    assert {to for to, _ in world.socket.pushed} <= {connection}
    return [push for _, push in world.socket.pushed]


def test_whatever_was_lost_a_message_is_answered_with_all_there_is_to_do(world: World, call: Client) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    respond(world)
    respond(world, world.request("rfq-2", deadline=NOW + timedelta(seconds=30)))
    [(_, first), (_, second)] = world.socket.pushed
    assert world.unicorns.change(id_, lambda unicorn: unicorn.take(Ride("rfq-9.1", "rfq-9", "c-9", NOW)))
    world.socket_events().handle(event("CONNECT", "c-2"))
    assert world.socket_events().handle(event("DISCONNECT", "c-1")) == {"statusCode": 200}

    [snapshot] = say(world, "c-2")
    assert snapshot == {
        "type": "snapshot",
        "invitations": [
            {key: value for key, value in push.items() if key != "type"} for push in (second, first)
        ],
        "ride": {
            "ride-id": "rfq-9.1",
            "rfq-id": "rfq-9",
            "links": {
                "completion": f"{API}/rides/rfq-9.1/completion",
                "cancellation": f"{API}/rides/rfq-9.1/cancellation",
            },
        },
    }
    assert say(world, "c-2") == [snapshot]
    listed = call("GET", f"/unicorns/{id_}/invitations")
    assert listed.status == 200
    assert unlinked(listed.body["invitations"]) == unlinked(snapshot["invitations"])

    assert answer(call, NO) == 202
    assert [each["rfq-id"] for each in say(world, "c-2")[0]["invitations"]] == ["rfq-2"]
    world.now = NOW + timedelta(seconds=30)
    assert say(world, "c-2")[0]["invitations"] == []
    assert call("GET", f"/unicorns/{id_}/invitations").body == {"invitations": []}


def unlinked(invitations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The API links to the URL by which it was called, the socket to the public one."""
    return [{**each, "links": each["links"]["answers"].partition("/v1")[2]} for each in invitations]


def test_a_message_costs_a_write_a_query_and_a_read(world: World, calls: list[str]) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    calls.clear()
    say(world, "c-1")
    assert calls == ["UpdateItem", "Query", "BatchGetItem", "PostToConnection"]
    world.now = DEADLINE
    calls.clear()
    say(world, "c-1")
    assert calls == ["UpdateItem", "Query", "PostToConnection"]


def test_who_has_nothing_to_do_hears_so_and_so_knows_that_the_line_is_alive(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    assert say(world, "c-1") == [{"type": "snapshot", "invitations": []}]


def test_only_the_newest_connection_gets_a_snapshot(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    assert world.socket_events().handle(event("CONNECT", "c-2")) == {"statusCode": 200}
    assert say(world, "c-1") == []
    assert len(say(world, "c-2")) == 1


def test_a_connection_that_is_gone_before_its_snapshot_is_forgotten(world: World) -> None:
    id_ = by_hand(world, "gandalf", "c-1")
    world.socket.failing["c-1"] = 410
    assert len(say(world, "c-1")) == 1
    assert "connection" not in world.item(id_)


def test_another_unicorns_invitations_are_nobodys_business(world: World, call: Client) -> None:
    by_hand(world, "gandalf", "c-1")
    id_ = by_hand(world, "saruman", "c-2")
    respond(world)
    assert call("GET", f"/unicorns/{id_}/invitations").status == 404
    assert call("GET", f"/unicorns/{id_}/invitations", sub="saruman").status == 200


def test_logs_of_a_snapshot_hold_no_place(world: World) -> None:
    by_hand(world, "gandalf", "c-1")
    respond(world)
    assert say(world, "c-1")
    text = world.stream.getvalue()
    assert not [secret for secret in ("47.6", "122.3", "gandalf") if secret in text]
