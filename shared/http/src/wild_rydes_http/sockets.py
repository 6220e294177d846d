"""Post to the connections of a WebSocket API."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

AT_ONCE = 10
"""Posts in flight: botocore's default for the connections that a client keeps open."""

POSTING_FOR = 1.0
"""Seconds in which `Sockets.post_all` begins posts, unless told otherwise. With the second that the last one may take it
leaves a third of the time of the shortest function that posts, which has three."""

_GONE = frozenset({"GoneException", "410"})  # botocore falls back on the status of a response without a body


class Late(Exception):
    """A text was not posted: those before it have used up the time."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How the texts of one connection fared: how many were taken, and why the next one was not.

    `gone` says that the connection is closed for good, `error` that it may still be open.
    """

    taken: int
    gone: bool = False
    error: Exception | None = None


class Sockets:
    """The connections of one WebSocket API, by id. The client is made once, before the first text is sent."""

    def __init__(
        self,
        make_client: "Callable[[], ApiGatewayManagementApiClient]",
        *,
        within: float = POSTING_FOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`post_all` begins posts for `within` seconds. `clock` counts seconds."""
        self._make_client = make_client
        self._within = within
        self._clock = clock

    @cached_property
    def _client(self) -> "ApiGatewayManagementApiClient":
        return self._make_client()

    def post(self, connection: str, text: str) -> bool:
        """Send a text. Return False if the connection is gone for good; raise botocore's other errors."""
        try:
            self._client.post_to_connection(ConnectionId=connection, Data=text.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            return False
        return True

    def post_all(self, texts: Mapping[str, Sequence[str]]) -> dict[str, Posted]:
        """Send each connection its texts, in order, up to the first that is not taken. Serve many at once.

        Returns how each connection's texts fared, whatever error one has met: it raises none. No post begins
        when the time is over (`Late`), and one that is under way ends by the timeouts of the client: however
        slow the connections are, this ends.
        """
        return dict(zip(texts, self._side_by_side([*texts.items()]), strict=True))

    def post_each(self, texts: Sequence[tuple[str, str]]) -> list[Posted]:
        """Send texts, each with its connection's id, as `post_all` does, but whatever becomes of the others.

        Returns how each fared, in their order. Those of one connection may arrive in another.
        """
        return self._side_by_side([(connection, [text]) for connection, text in texts])

    def _side_by_side(self, work: Sequence[tuple[str, Sequence[str]]]) -> list[Posted]:
        if not any(texts for _, texts in work):
            return [Posted(0) for _ in work]
        until = self._clock() + self._within
        try:
            _ = self._client  # made here, as the threads would each make one
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of all connections
            return [Posted(0, error=error) for _ in work]
        with ThreadPoolExecutor(min(AT_ONCE, len(work))) as pool:
            return [*pool.map(lambda each: self._post_in_order(each[0], each[1], until), work)]

    def _post_in_order(self, connection: str, texts: Sequence[str], until: float) -> Posted:
        for taken, text in enumerate(texts):
            if self._clock() >= until:
                return Posted(taken, error=Late("the time is over"))
            try:
                if not self.post(connection, text):
                    return Posted(taken, gone=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this connection
                return Posted(taken, error=error)
        return Posted(len(texts))
