"""How the functions call AWS."""

from typing import Any

import botocore.session
from botocore.config import Config

CALLS = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # the types have checked our calls; a third of a call's CPU time is saved
)
"""How clients call AWS: inside a handler's three seconds. Behind it stand the queue's own retries."""


QUICK_CALLS = CALLS.merge(
    Config(connect_timeout=0.3, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 2})
)
"""For what somebody waits for who can do without the answer."""


def client(service: str, url: str | None = None, calls: Config = CALLS) -> Any:  # noqa: ANN401 - a client's class is made when it is
    """A client of an AWS service, for as long as the worker lives.

    `url` is where it is, if that cannot be told from the service. Of botocore's session: boto3's would only add its own import to each cold start.
    """
    return botocore.session.get_session().create_client(service, endpoint_url=url, config=calls)
