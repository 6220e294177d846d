"""The RFQ socket, as a customer's app uses it."""

import json
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Json
from tests.support.patience import PATIENCE, step


class Socket:
    """A connection, with all that has come over it since."""

    def __init__(self, cloud: Cloud, customer: Customer) -> None:
        self._connecting = connect(
            cloud.urls["rfq-socket"],
            additional_headers={"Authorization": customer.token},
            open_timeout=PATIENCE,
        )
        self.messages: list[Json] = []

    def __enter__(self) -> Self:
        self._connection: ClientConnection = self._connecting.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._connecting.__exit__(None, None, None)

    def send(self, message: Any) -> None:
        self._connection.send(json.dumps(message))

    def receive(self) -> Json:
        """The next message."""
        with step("a message on the socket"):
            message: Json = json.loads(self._connection.recv(timeout=PATIENCE))
        self.messages.append(message)
        return message

    def subscribe(self, **about: str) -> Json:
        """Watch an RFQ or a ride; the answer, whatever updates come before it."""
        self.send({"action": "subscribe", **{key.replace("_", "-"): value for key, value in about.items()}})
        while (message := self.receive())["type"] == "update":
            pass
        return message

    def until(self, **expected: Any) -> Json:
        """The next message that is as expected; `ride` is the status of the last ride."""
        while True:
            message = self.receive()
            found = {**message, "ride": message["rides"][-1]["status"] if message.get("rides") else None}
            if all(found.get(key.replace("_", "-")) == value for key, value in expected.items()):
                return message
