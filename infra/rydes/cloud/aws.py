"""Clients of AWS APIs: of a local cloud's, or of an AWS account's."""

from typing import Any, Protocol, cast

import boto3
from botocore.config import Config

from infra.naming import AWS_ENVIRONMENT, Names
from infra.rydes.cloud.settings import REGION, Settings, names_from_environment

# Nothing here may wait long for a cloud that is going away, and many threads share one client.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=50)


class Account(Protocol):
    """Where an environment is deployed: a local cloud, or an AWS account."""

    @property
    def names(self) -> Names:
        """The names of the environment's resources."""

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client."""


class AwsAccount:
    """The AWS account whose credentials this process has, and the environment that ``RYDES_ENV`` chooses there.

    Raises:
        LocalCloudError: no environment can have this name.
    """

    def __init__(self) -> None:
        self.names = names_from_environment(AWS_ENVIRONMENT)
        self._session: Any = boto3.Session()  # the stubs choose a client's class by a literal name

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client."""
        return self._session.client(service)


def client(settings: Settings, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
    """Make a boto3 client of this cloud as its root user; threads may share it."""
    session = boto3.Session("test", "test", region_name=REGION)
    # The stubs choose the client's class by a literal name.
    return session.client(cast("Any", service), endpoint_url=settings.endpoint, config=_CONFIG)
