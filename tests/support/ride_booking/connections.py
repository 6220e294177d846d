"""The RFQ socket without API Gateway: its connections, and customers who send messages over them."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from ride_booking.adapters.watchers import Watchers
from ride_booking.api.asyncapi import asyncapi
from ride_booking.domain.rfq import Quote, Response, Rfq
from ride_booking.use_cases.socket import SocketEvents
from tests.support.asyncapi import validator
from tests.support.aws import refusal
from tests.support.ride_booking.world import NOW, TABLE, World
from wild_rydes_http.sockets import Sockets

_AS_DOCUMENTED = validator(asyncapi(), "send")


class Connections:
    """Stands in for API Gateway's connections: those in `gone` are gone, and posts to those in `broken` raise.

    Whatever is sent has to be as documented.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()
        self.broken: dict[str, ClientError] = {}

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - botocore's names
        if ConnectionId in self.gone:
            raise refusal("GoneException", 410)
        if ConnectionId in self.broken:
            raise self.broken[ConnectionId]
        message = json.loads(Data)
        _AS_DOCUMENTED.validate(message)
        self.sent.append((ConnectionId, message))


def socket_events(world: World, connections: Connections) -> SocketEvents:
    return SocketEvents(
        watchers=Watchers(world.dynamodb, TABLE),
        sockets=Sockets(lambda: connections),  # type: ignore[arg-type, return-value]
        logger=world.logger,
        now=lambda: world.now,
    )


def send(
    world: World, connections: Connections, message: object, sub: str = "cust-1", connection: str = "c-1"
) -> Any:
    """What a message over the socket is answered, if anything."""
    before = len(connections.sent)
    context = {
        "connectionId": connection,
        "eventType": "MESSAGE",
        "authorizer": {"sub": sub, "expires": str(int(NOW.timestamp()) + 3600)},
    }
    body = message if isinstance(message, str) else json.dumps(message)
    assert socket_events(world, connections).handle({"requestContext": context, "body": body}) == {
        "statusCode": 200
    }
    answers = [text for to, text in connections.sent[before:] if to == connection]
    return answers[0] if answers else None


def subscribe(world: World, connections: Connections, rfq_id: str, **other: str) -> Any:
    return send(world, connections, {"action": "subscribe", "rfq-id": rfq_id}, **other)


def watchers(world: World, rfq_id: str) -> set[str]:
    item = world.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": rfq_id}}, ConsistentRead=True)["Item"]
    return set(item.get("watchers", {}).get("SS", []))


def quoting(responder: str) -> Callable[[Rfq], Rfq]:
    response = Response(asked=frozenset([responder]), answers=((responder, Quote(100, 1)),))
    return lambda found: found.gather([response], NOW)
