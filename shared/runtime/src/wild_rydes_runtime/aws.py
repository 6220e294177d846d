"""How functions call AWS."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # mypy has checked our calls; a third of a call's CPU time is saved
)
"""Ends a call within a handler's time. What triggered the handler, such as its queue, then tries again."""


def client(service: str, *, url: str | None = None, config: Config = CLIENT_CONFIG) -> Any:  # noqa: ANN401 - a client's class is made at run time
    """Make a client of an AWS service, for as long as the worker lives.

    `url` is the endpoint of a resource that has one of its own, such as a WebSocket API. The session is
    botocore's: boto3 would only add its own import to each cold start.
    """
    return _session().create_client(service, endpoint_url=url, config=config)


@cache
def _session() -> botocore.session.Session:
    """Make the one session of all clients: it keeps what was read from botocore's data files."""
    return botocore.session.get_session()
