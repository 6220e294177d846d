"""Push messages to the apps of many unicorns at once. Shared by inviter, socket, closings and outbox."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from unicorn_mgmt.api.socket_messages import Push
from wild_rydes_http.sockets import Posted, Sockets


def push_all(sockets: Sockets, pushes: Mapping[str, Push], logger: Logger) -> dict[str, Posted]:
    """Send each connection (by its id) its message. Log the failures and return the outcome of each."""
    posted = sockets.post_all(
        {id_: [push.model_dump_json(exclude_none=True)] for id_, push in pushes.items()}
    )
    for outcome in posted.values():
        if isinstance(outcome.error, ClientError):
            logger.warning("cannot push", reason=outcome.error.response["Error"]["Code"])
        elif outcome.error:
            logger.warning("cannot push", reason=type(outcome.error).__name__)
    return posted
