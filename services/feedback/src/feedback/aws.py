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
"""How clients call AWS: inside a handler's time. Behind it stand the queue's, the stream's or the timers' own retries."""

ONCE = CALLS.merge(Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}))
"""How the SMS client calls AWS: a retry of a call whose answer was lost might send the SMS twice."""

_session = botocore.session.get_session()


def client(service: str, config: Config = CALLS) -> Any:  # noqa: ANN401 - a client's class is made when it is
    """A client of an AWS service, for as long as the worker lives.

    Of botocore's session: boto3's would only add its own import to each cold start.
    """
    return _session.create_client(service, config=config)
