"""Know where each unicorn's app is connected."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.domain.unicorn import unicorn_id


@dataclass(frozen=True, slots=True)
class SocketEvents:
    """Keeps a unicorn's one connection, the newest: the end of an older one changes nothing."""

    unicorns: UnicornTable
    logger: Logger

    def handle(self, event: Mapping[str, Any]) -> dict[str, int]:
        """Note that a connection was opened, was closed, or has proved alive by a message of any kind."""
        context = event["requestContext"]
        connection: str = context["connectionId"]
        sub: str = context["authorizer"]["sub"]
        unicorn = unicorn_id(sub)
        match context["eventType"]:
            case "CONNECT":
                status = (
                    HTTPStatus.OK if self.unicorns.connect(unicorn, sub, connection) else HTTPStatus.FORBIDDEN
                )
            case "DISCONNECT":
                self.unicorns.disconnect(unicorn, connection)
                status = HTTPStatus.OK
            case _:
                # A push during the handshake may have taken this connection for closed.
                self.unicorns.reconnect(unicorn, connection)
                status = HTTPStatus.OK
        self.logger.info("socket", event_type=context["eventType"], unicorn=unicorn, status=status.value)
        return {"statusCode": status.value}
