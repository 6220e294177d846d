"""Those who take the journey: users who call the APIs, and apps that are connected to a socket."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.errors import LocalCloudError

Json = dict[str, Any]

_SECONDS_TO_ANSWER = 30.0


class Caller:
    """A signed-in user of one API. Methods raise LocalCloudError if the API answers otherwise than promised."""

    def __init__(self, url: str, token: str) -> None:
        self.token = token
        headers = {"Authorization": f"Bearer {token}"}
        self._api = httpx.Client(base_url=url, headers=headers, timeout=_SECONDS_TO_ANSWER)

    def call(self, method: str, url: str, *promised: int, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Call the API, by a path or a link of its own."""
        return call(self._api, method, url, set(promised), **options)

    def get(self, url: str) -> Json:
        """Read what must be there."""
        found: Json = self.call("GET", url, httpx.codes.OK).json()
        return found

    def close(self) -> None:
        """Close the connections to the API."""
        self._api.close()


class App:
    """An app's connection to a socket, with all that has come over it.

    Raises:
        LocalCloudError: the socket does not let it connect.
    """

    def __init__(self, url: str, token: str | None) -> None:
        headers = {"Authorization": token} if token else {}
        try:
            self._connection: ClientConnection = connect(
                url, additional_headers=headers, open_timeout=_SECONDS_TO_ANSWER
            )
        except InvalidStatus as error:
            raise Refused(url, error.response.status_code) from error
        except (WebSocketException, OSError) as error:
            raise LocalCloudError(
                f"{url} does not let an app connect: {error or type(error).__name__}.", "Look at its API."
            ) from error
        self.messages: list[Json] = []

    def send(self, message: Json) -> None:
        """Send a message, if the line is still there."""
        with suppress(ConnectionClosed):
            self._connection.send(json.dumps(message))

    def hear(self, wanted: Callable[[Json], object], within: float = 0.1) -> Json | None:
        """Listen for a moment; the first message so far that is wanted."""
        with suppress(TimeoutError, ConnectionClosed):
            while True:
                message = _message(self._connection.recv(timeout=within))
                self.messages += [message] if message else []
        return next(filter(wanted, self.messages), None)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _message(frame: str | bytes) -> Json | None:
    """Read a message of ours. None if it is none: API Gateway says by itself that something failed."""
    try:
        message = json.loads(frame)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "type" in message else None


class Refused(LocalCloudError):
    """A socket has refused a connection, with this status."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(
            f"{url} refuses to connect with {status}.", "Look at its authorizer and its function."
        )
        self.status = status
