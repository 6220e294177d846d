"""Know where each unicorn's app is connected. Use case of the socket function."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.domain.unicorn import unicorn_id


class Connecting:
    """Keeps the one connection of a unicorn: a newer one replaces an older, and only the present one is taken away."""

    def __init__(self, store: Store, logger: Logger) -> None:
        self._store = store
        self._logger = logger

    def handle(self, event: Mapping[str, Any]) -> dict[str, int]:
        """Note that a connection was opened, is closed, or has shown to be alive by a message of any kind."""
        context = event["requestContext"]
        connection: str = context["connectionId"]
        sub: str = context["authorizer"]["sub"]
        unicorn = unicorn_id(sub)
        match context["eventType"]:
            case "CONNECT":
                status = (
                    HTTPStatus.OK if self._store.connect(unicorn, sub, connection) else HTTPStatus.FORBIDDEN
                )
            case "DISCONNECT":
                self._store.disconnect(unicorn, connection)
                status = HTTPStatus.OK
            case _:
                # A push may have met a connection that was still being opened, and taken it for closed.
                self._store.reconnect(unicorn, connection)
                status = HTTPStatus.OK
        self._logger.info("socket", event_type=context["eventType"], unicorn=unicorn, status=status.value)
        return {"statusCode": status.value}
