"""Clients of AWS APIs: of a local cloud's, or of an AWS account's."""

from typing import Any, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError

from infra.naming import AWS_ENVIRONMENT, Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import REGION, Settings, names_from_environment
from infra.rydes.cloud.system import System

# Nothing here may wait long for a cloud that is going away, and many threads share one client.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=50)
_PATIENT = _CONFIG.merge(Config(retries={"mode": "standard", "max_attempts": 8}))


class Account(Protocol):
    """Where an environment is deployed: a local cloud, or an AWS account."""

    @property
    def names(self) -> Names:
        """The names of the environment's resources."""

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client."""


class AwsAccount(System):
    """An environment in an AWS account.

    Args:
        names: those of the environment; by default of the one that ``RYDES_ENV`` names, else of `dev`.
        profile: one of the AWS command line's; by default that of this process.
        region: by default that of the profile, or of this process.

    Raises:
        LocalCloudError: there is no such environment, profile or region.
    """

    HOW_TO_DEPLOY = "docs/first-day-on-aws.md"

    def __init__(self, names: Names | None = None, *, profile: str = "", region: str = "") -> None:
        super().__init__(names or names_from_environment(AWS_ENVIRONMENT))
        try:
            # The stubs choose a client's class by a literal name.
            self._session: Any = boto3.Session(profile_name=profile or None, region_name=region or None)
        except BotoCoreError as error:
            raise LocalCloudError(f"{error}.", "Look at ~/.aws/config.") from error

    def _make_client(self, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Make a boto3 client, which tries again when AWS throttles."""
        try:
            return self._session.client(service, config=_PATIENT)
        except NoRegionError as error:
            raise LocalCloudError("The region is missing.", "Name one: --region us-east-1") from error


def client(settings: Settings, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
    """Make a boto3 client of this cloud as its root user; threads may share it."""
    session = boto3.Session("test", "test", region_name=REGION)
    # The stubs choose the client's class by a literal name.
    return session.client(cast("Any", service), endpoint_url=settings.endpoint, config=_CONFIG)
