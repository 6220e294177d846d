"""Push to the apps of many unicorns at once."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from unicorn_mgmt.api.socket_messages import Push

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

AT_ONCE = 10
"""Posts in flight: as many as the client keeps connections for."""


class Posted(Enum):
    """What became of a push. `GONE`: the connection is closed for good."""

    TAKEN = auto()
    GONE = auto()
    FAILED = auto()


class Connections:
    """The connections of one WebSocket API. The client is made when there is something to push."""

    def __init__(self, make_client: "Callable[[], ApiGatewayManagementApiClient]", logger: Logger) -> None:
        self._make_client = make_client
        self._logger = logger

    def post(self, pushes: Mapping[str, Push]) -> dict[str, Posted]:
        """Send each connection (by its id) its message, in one pass; what became of each."""
        if not pushes:
            return {}
        api = self._api  # made before the threads want it
        with ThreadPoolExecutor(min(AT_ONCE, len(pushes))) as pool:
            posted = pool.map(lambda push: self._post(api, push[0], push[1]), pushes.items())
            return dict(zip(pushes, posted, strict=True))

    @cached_property
    def _api(self) -> "ApiGatewayManagementApiClient":
        return self._make_client()

    def _post(self, api: "ApiGatewayManagementApiClient", connection: str, push: Push) -> Posted:
        try:
            api.post_to_connection(ConnectionId=connection, Data=push.model_dump_json().encode())
        except ClientError as error:
            if error.response["Error"]["Code"] in ("GoneException", "410"):
                return Posted.GONE
            self._logger.warning("cannot push", reason=error.response["Error"]["Code"])
        except BotoCoreError as error:
            self._logger.warning("cannot push", reason=type(error).__name__)
        else:
            return Posted.TAKEN
        return Posted.FAILED
