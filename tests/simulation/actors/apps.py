"""An app on its WebSocket: it connects, loses its line, and connects again."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from tests.simulation.http import token
from tests.simulation.lambdas import InvocationFailed


class App:
    """The app of one user on one socket.

    `heard` gets each message, and when the connection was open on which it came, as a task of its own.
    """

    def __init__(
        self, world: Any, service: str, sub: str, group: str, heard: Callable[[dict[str, Any], float], None]
    ) -> None:
        self._world = world
        self._kernel = world.kernel
        self._service = service
        self._url = world.url(f"{service}-socket")
        variables = world.stacks.by_short_name[f"{service}-authorizer"].variables
        self._token = token(sub, group, variables["TOKEN_ISSUER"], variables["TOKEN_AUDIENCE"])
        self._sub = sub
        self._heard = heard
        self._connections = 0
        self._who: dict[str, str] = {}
        self.connection = ""
        """The id of the open connection, if there is one."""
        self.messages: list[dict[str, Any]] = []
        """All that has come."""

    @property
    def steady(self) -> bool:
        """Whether its line has never dropped."""
        return bool(self.connection) and self._connections == 1

    def stay_connected(self, hello: dict[str, Any]) -> None:
        """Connect, and again whenever the line drops, until it works."""
        while not self.connection:
            try:
                self._connect()
                self.send(hello)
            except InvocationFailed:
                self.connection = ""
                self._kernel.sleep(1)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises InvocationFailed."""
        if self.connection:
            self._invoke("MESSAGE", body=json.dumps(message))

    def ask(self, message: dict[str, Any]) -> None:
        """Send a message, if that works."""
        with suppress(InvocationFailed):
            self.send(message)

    def hear(self, data: bytes, since: float) -> None:
        """Take what was pushed on a connection that is open since then."""
        if self._world.faults.happens("push-lost"):
            return
        message = json.loads(data)
        self.messages.append(message)
        self._world.trace(self._sub, "hears", data.decode())
        self._kernel.spawn(lambda: self._heard(message, since), after=0.005)

    def drop(self, hello: dict[str, Any], most: float = 10) -> None:
        """Lose the line, and come back after `most` seconds or before. The API may hear of that or not."""
        lost, self.connection = self.connection, ""
        if not lost:
            return
        self._world.trace(self._sub, "line-drops", lost)
        self._world.hang_up(self._url, lost)
        if self._world.faults.chance.random() < 0.5:
            self._kernel.spawn(lambda: self._say_good_bye(lost))
        self._kernel.spawn(
            lambda: self.stay_connected(hello), after=most * self._world.faults.chance.random()
        )

    def _say_good_bye(self, connection: str) -> None:
        try:
            self._invoke("DISCONNECT", connection=connection)
        except InvocationFailed:
            return  # nobody repeats it

    def _connect(self) -> None:
        self._connections += 1
        policy = self._world.invoke(
            f"{self._service}-authorizer", {"methodArn": "arn", "headers": {"Authorization": self._token}}
        )
        self._who = policy["context"]
        connection = f"{self._sub}-{self._connections}"
        self._invoke("CONNECT", connection=connection)
        self.connection = connection
        self._world.listen(self._url, connection, partial(self.hear, since=self._kernel.now))

    def _invoke(self, kind: str, body: str | None = None, connection: str = "") -> None:
        context = {"connectionId": connection or self.connection, "eventType": kind, "authorizer": self._who}
        self._world.invoke(f"{self._service}-socket", {"requestContext": context, "body": body})
