"""API Gateway's WebSocket APIs: the connections that apps hold, and what is posted to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.aws.client import Answer, refused

MAX_BYTES: Final = 128 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""


@dataclass(slots=True)
class Connection:
    """An open connection. `received` is what its app has been sent, oldest first."""

    id: str
    received: list[bytes] = field(default_factory=list)


class Connections:
    """The open connections of one API. Actors open and close them."""

    def __init__(self) -> None:
        self.open: dict[str, Connection] = {}

    def connect(self, id_: str) -> Connection:
        """Open a connection."""
        self.open[id_] = Connection(id_)
        return self.open[id_]

    def disconnect(self, id_: str) -> None:
        """Close a connection, if it is open."""
        self.open.pop(id_, None)

    def post_to_connection(self, arguments: Mapping[str, Any]) -> Answer:
        """Send something to an app."""
        connection = self._find("PostToConnection", arguments)
        data = bytes(arguments["Data"])
        if len(data) > MAX_BYTES:
            raise refused("PostToConnection", "PayloadTooLargeException", status=413)
        connection.received.append(data)
        return {}

    def delete_connection(self, arguments: Mapping[str, Any]) -> Answer:
        """Close a connection from our side."""
        del self.open[self._find("DeleteConnection", arguments).id]
        return {}

    def _find(self, operation: str, arguments: Mapping[str, Any]) -> Connection:
        found = self.open.get(arguments["ConnectionId"])
        if found is None:
            raise refused(operation, "GoneException", status=410)
        return found
