"""A deployed system, known by the parameters that its stacks publish."""

import threading
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Final

from infra.naming import (
    PARAMETER_PREFIX,
    REPLY_QUEUE_PREFIX,
    USER_POOL_CLIENT_ID_PARAMETER,
    USER_POOL_ID_PARAMETER,
    Names,
)
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.cloud.users import Users

_OUR_QUEUES: Final = (REPLY_QUEUE_PREFIX, *(f"{service}-" for service in SERVICES))


class System(ABC):
    """One environment, wherever it is deployed: its parameters, URLs, queues and users."""

    HOW_TO_DEPLOY: str
    """A command or a page, for whoever misses something."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._clients: dict[str, Any] = {}
        self._making_client = threading.Lock()  # boto3 clients may be used by many threads, but made by one

    def client(self, service: str, /) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client, which threads may share."""
        with self._making_client:
            if service not in self._clients:
                client = self._make_client(service)
                # Two threads that ask for the first time each get classes of their own: one raises what the other does
                # not catch.
                _ = client.exceptions
                self._clients[service] = client
            return self._clients[service]

    @abstractmethod
    def _make_client(self, service: str) -> Any:  # noqa: ANN401
        """Make a boto3 client."""

    @cached_property
    def users(self) -> Users:
        """The users of its pool.

        Raises:
            LocalCloudError: there is no user pool.
        """
        pool, app = (
            self.parameters.get(name) for name in (USER_POOL_ID_PARAMETER, USER_POOL_CLIENT_ID_PARAMETER)
        )
        if not pool or not app:
            raise LocalCloudError("The user pool is not deployed.", f"Deploy it: {self.HOW_TO_DEPLOY}")
        return Users(self.client("cognito-idp"), pool, app)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The values that the stacks publish, by their plain names: ``/wild-rydes/<stack>/<name>``."""
        pages = self.client("ssm").get_paginator("get_parameters_by_path")
        found = pages.paginate(Path=self.names.of(PARAMETER_PREFIX), Recursive=True)
        return {
            self.names.plain(parameter["Name"]): parameter["Value"]
            for page in found
            for parameter in page["Parameters"]
        }

    @property
    def urls(self) -> dict[str, str]:
        """The base URL of each API by its name, from the parameters named ``…/<api>-url``."""
        found = {name.rsplit("/", 1)[-1]: value for name, value in self.parameters.items()}
        return {name.removesuffix("-url"): value for name, value in found.items() if name.endswith("-url")}

    def url(self, api: str) -> str:
        """Return the base URL of one API.

        Raises:
            LocalCloudError: no stack publishes this API.
        """
        if api not in self.urls:
            raise LocalCloudError(f"The {api} is not deployed.", f"Deploy it: {self.HOW_TO_DEPLOY}")
        return self.urls[api]

    def queues(self) -> dict[str, str]:
        """Return the URL of every queue of these services and requesters by its plain name."""
        urls = [url for prefix in _OUR_QUEUES for url in self._queues(self.names.of(prefix))]
        return {self.names.plain(_name(url)): url for url in sorted(urls)}

    def all_queues(self) -> dict[str, str]:
        """Return the URL of every queue by its plain name, those of other teams' stacks among them.

        An environment without a name has all but those of others, which are known by queues that both have.
        """
        urls = {_name(url): url for url in sorted(self._queues(self.names.of("")))}
        if not self.names.environment:
            parts = [name.partition("-") for name in urls]
            others = tuple(
                {f"{first}-" for first, _, rest in parts if rest in urls and rest.startswith(_OUR_QUEUES)}
            )
            urls = {name: url for name, url in urls.items() if not name.startswith(others)}
        return {self.names.plain(name): url for name, url in urls.items()}

    def _queues(self, prefix: str) -> list[str]:
        paginator = self.client("sqs").get_paginator("list_queues")
        only = {"QueueNamePrefix": prefix} if prefix else {}
        # Without a size of pages SQS gives the first thousand and no more.
        pages = paginator.paginate(**only, PaginationConfig={"PageSize": 1_000})
        return [url for page in pages for url in page.get("QueueUrls", [])]


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]
