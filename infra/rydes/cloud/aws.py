"""Clients of a local cloud's AWS APIs."""

from typing import Any, Protocol, cast

import boto3
from botocore.config import Config

from infra.rydes.cloud.settings import REGION, Settings

# Nothing here may wait long for a cloud that is going away, and many threads share one client.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=50)


class Account(Protocol):
    """Whoever makes clients: a local cloud, or a boto3 session of an AWS account."""

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """A boto3 client."""


def client(settings: Settings, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
    """A boto3 client of this cloud as its root user; safe to share between threads."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106
    # The stubs want a literal name to choose the client's class by.
    return session.client(cast("Any", service), endpoint_url=settings.endpoint, config=_CONFIG)
