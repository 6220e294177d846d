"""How the functions call AWS."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # the types have checked our calls; a third of a call's CPU time is saved
)
"""How clients call AWS: inside a handler's time. Behind it stand the queue's, the stream's or the timers' own retries."""


def client(service: str, *, url: str | None = None, config: Config = CLIENT_CONFIG) -> Any:  # noqa: ANN401 - a client's class is made when it is
    """A client of an AWS service (at `url`, where it is a resource's own), for as long as the worker lives.

    Of botocore's session: boto3's would only add its own import to each cold start.
    """
    return _session().create_client(service, endpoint_url=url, config=config)


@cache
def _session() -> botocore.session.Session:
    """One for all clients: it keeps what is read from botocore's data files."""
    return botocore.session.get_session()
