"""Clients of a local cloud's AWS APIs."""

from typing import Any, Protocol, cast

import boto3
from botocore.config import Config

from infra.rydes.cloud.settings import REGION, Settings

# Nothing here may wait long for a cloud that is going away, and many threads share one client.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=50)


class Account(Protocol):
    """Something that makes clients: a local cloud, or a boto3 session of an AWS account."""

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client."""


def client(settings: Settings, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
    """Make a boto3 client of this cloud as its root user; threads may share it."""
    session = boto3.Session("test", "test", region_name=REGION)
    # The stubs choose the client's class by a literal name.
    return session.client(cast("Any", service), endpoint_url=settings.endpoint, config=_CONFIG)
