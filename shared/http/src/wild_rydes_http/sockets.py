"""Post to the connections of a WebSocket API."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

AT_ONCE = 10
"""Posts in flight: as many as the client keeps connections for."""

_GONE = frozenset({"GoneException", "410"})  # botocore's name, and what it says of an answer without a body


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of the texts for one connection: how many were taken, and why the rest was not."""

    taken: int
    gone: bool = False
    error: ClientError | BotoCoreError | None = None


class Sockets:
    """The connections of one WebSocket API, by id. The client is made when the first text is to be sent."""

    def __init__(self, make_client: "Callable[[], ApiGatewayManagementApiClient]") -> None:
        self._make_client = make_client

    @cached_property
    def _api(self) -> "ApiGatewayManagementApiClient":
        return self._make_client()

    def post(self, connection: str, text: str) -> bool:
        """Send a text. Return False when the connection is gone for good; raise botocore's errors otherwise."""
        try:
            self._api.post_to_connection(ConnectionId=connection, Data=text.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            return False
        return True

    def post_all(self, texts: Mapping[str, Sequence[str]]) -> dict[str, Posted]:
        """Send each connection its texts in their order, until one is not taken; many connections at once.

        Raises nothing of its own: what became of each connection's texts is returned.
        """
        if not texts:
            return {}
        _ = self._api  # made before the threads want it
        with ThreadPoolExecutor(min(AT_ONCE, len(texts))) as pool:
            return dict(zip(texts, pool.map(self._post_in_order, texts, texts.values()), strict=True))

    def _post_in_order(self, connection: str, texts: Sequence[str]) -> Posted:
        for taken, text in enumerate(texts):
            try:
                if not self.post(connection, text):
                    return Posted(taken, gone=True)
            except (ClientError, BotoCoreError) as error:
                return Posted(taken, error=error)
        return Posted(len(texts))
