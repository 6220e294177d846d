"""Know where each unicorn's app is connected, and let it resume whatever it has missed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain.unicorn import unicorn_id
from unicorn_mgmt.use_cases.app_pushes import AppPushes


@dataclass(frozen=True, slots=True)
class SocketEvents:
    """Keeps a unicorn's one connection, the newest: the end of an older one changes nothing."""

    connections: AppConnections
    invitations: InvitationTable
    pushes: AppPushes
    messages: AppMessages
    logger: Logger
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> dict[str, int]:
        """Note that a connection was opened, was closed, or has proved alive by a message of any kind.

        A message is answered with a snapshot. That cannot be done when the connection opens: nothing can be
        sent over it before the answer to that event.
        """
        context = event["requestContext"]
        connection: str = context["connectionId"]
        sub: str = context["authorizer"]["sub"]
        unicorn = unicorn_id(sub)
        status = HTTPStatus.OK
        match context["eventType"]:
            case "CONNECT":
                if not self.connections.connect(unicorn, sub, connection):
                    status = HTTPStatus.FORBIDDEN
            case "DISCONNECT":
                self.connections.disconnect(unicorn, connection)
            case _:
                self._resume(unicorn, connection)
        self.logger.info("socket", event_type=context["eventType"], unicorn=unicorn, status=status.value)
        return {"statusCode": status.value}

    def _resume(self, unicorn_id: str, connection: str) -> None:
        """Send a snapshot, unless the unicorn has a newer connection."""
        # A push during the handshake may have taken this connection for closed.
        unicorn = self.connections.reconnect(unicorn_id, connection)
        if unicorn is None or unicorn.connection != connection:
            return
        snapshot = self.messages.snapshot(self.invitations.open_to(unicorn_id, self.now()), unicorn.ride)
        [outcome] = self.pushes.send([(connection, snapshot)])
        if outcome.gone:
            self.connections.disconnect(unicorn_id, connection)
