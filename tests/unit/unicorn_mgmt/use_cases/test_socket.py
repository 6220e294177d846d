"""Where a unicorn's app is connected."""

from typing import Any

from tests.support.unicorn_mgmt.world import AIRPORT, NOW, World
from unicorn_mgmt.domain.unicorn import unicorn_id
from unicorn_mgmt.use_cases.socket import SocketEvents


def event(type_: str, connection: str, sub: str = "gandalf") -> dict[str, Any]:
    context = {"eventType": type_, "connectionId": connection, "authorizer": {"sub": sub}}
    return {"requestContext": context}


def test_a_unicorn_connects_and_disconnects(world: World) -> None:
    id_ = world.add("gandalf", auto_quote=False)
    events = SocketEvents(world.unicorns, world.logger)

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
