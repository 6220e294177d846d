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
"""How clients call AWS: inside a handler's three seconds. Behind it stand the queue's or the stream's own retries."""

CALLS_OF_S3 = CALLS.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
"""A bucket's name as a host resolves on AWS alone. URLs for others are signed as every region wants it."""

_session = botocore.session.get_session()


def client(service: str, url: str | None = None) -> Any:  # noqa: ANN401 - a client's class is made when it is
    """A client of an AWS service (at `url`, where it is a resource's own), for as long as the worker lives.

    Of botocore's session: boto3's would only add its own import to each cold start.
    """
    return _session.create_client(service, config=CALLS_OF_S3 if service == "s3" else CALLS, endpoint_url=url)
