"""An environment on a running local cloud, known by the parameters that its stacks publish."""

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from infra.naming import (
    PARAMETER_PREFIX,
    REPLY_QUEUE_PREFIX,
    USER_POOL_CLIENT_ID_PARAMETER,
    USER_POOL_ID_PARAMETER,
    Names,
)
from infra.rydes.cloud import aws, deploy, emulator
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import SERVICES, Settings

GROUPS = ("customers", "unicorns", "support")


class Cloud:
    """The stacks of one environment on an emulator: their URLs, queues and users."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._clients: dict[str, Any] = {}
        self._making_client = threading.Lock()  # boto3 clients may be used by many threads, but made by one

    @classmethod
    def find(cls, settings: Settings) -> "Cloud":
        """Find the cloud that runs in this run directory, on whatever port, and the environment on it.

        Raises:
            LocalCloudError: no cloud runs there, or it does not answer.
        """
        found = emulator.running(settings.run_dir)
        if found is None:
            raise LocalCloudError("The local cloud is not up.", "Start it: `make run`, or `uv run rydes up`")
        settings = replace(settings, port=found.port)
        if not emulator.healthy(settings):
            raise LocalCloudError("The local cloud does not answer.", "Stop it: `uv run rydes down`")
        return cls(settings)

    @property
    def names(self) -> Names:
        """The names of the environment's resources."""
        return self.settings.names

    def client(self, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Return a boto3 client as the root user of this cloud."""
        with self._making_client:
            if service not in self._clients:
                self._clients[service] = aws.client(self.settings, service)
            return self._clients[service]

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
            raise LocalCloudError(f"The {api} is not deployed.", "Deploy it: `uv run rydes up`")
        return self.urls[api]

    def queues(self) -> dict[str, str]:
        """Return the URL of every queue by its plain name."""
        paginator = self.client("sqs").get_paginator("list_queues")
        urls = [
            url
            for prefix in (REPLY_QUEUE_PREFIX, *(f"{service}-" for service in SERVICES))
            for page in paginator.paginate(QueueNamePrefix=self.names.of(prefix))
            for url in page.get("QueueUrls", [])
        ]
        return {self.names.plain(url.rsplit("/", 1)[-1]): url for url in sorted(urls)}

    def ready(self) -> bool:
        """Tell whether every synthesized stack is deployed, and none is being changed."""
        pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
        states = {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}
        done = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        try:
            return all(states.get(name) in done for name in deploy.stacks(self.settings).values())
        except FileNotFoundError:  # nothing is synthesized yet
            return False

    def token(self, user: str, group: str) -> str:
        """Sign a user of this group in, and return the Cognito ID token. A missing user is created.

        Raises:
            LocalCloudError: there is no such group, or no user pool yet.
        """
        if group not in GROUPS:
            raise LocalCloudError(f"There is no group {group}.", f"Choose one of {', '.join(GROUPS)}.")
        pool, app = (
            self.parameters.get(name) for name in (USER_POOL_ID_PARAMETER, USER_POOL_CLIENT_ID_PARAMETER)
        )
        if not pool or not app:
            raise LocalCloudError("The user pool is not deployed.", "Deploy it: `uv run rydes up`")
        cognito = self.client("cognito-idp")
        # Nothing to keep secret on a local cloud, but the same each time:
        # another process may be signing the same user in right now.
        password = f"aA1!{hashlib.sha256(user.encode()).hexdigest()}"
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
        answer = cognito.initiate_auth(
            ClientId=app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": password},
        )
        return str(answer["AuthenticationResult"]["IdToken"])


@dataclass(frozen=True)
class Status:
    """The state of an environment on a local cloud, as outside programs read it."""

    ready: bool
    urls: dict[str, str]
    queues: dict[str, str]


def status(settings: Settings) -> Status:
    """Return the state of the environment; without a cloud it is not ready, and empty."""
    try:
        cloud = Cloud.find(settings)
        return Status(cloud.ready(), cloud.urls, cloud.queues())
    except LocalCloudError:
        return Status(ready=False, urls={}, queues={})
