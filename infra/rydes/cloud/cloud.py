"""An environment on a running local cloud, known by the parameters that its stacks publish."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from infra.rydes.cloud import aws, deploy, emulator
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.system import System
from infra.rydes.pages import process as pages

GROUPS = ("customers", "unicorns", "support", "machines")


class Cloud(System):
    """The stacks of one environment on an emulator."""

    HOW_TO_DEPLOY = "`uv run rydes up`"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.names)
        self.settings = settings

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

    def _make_client(self, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
        """Make a boto3 client as the root user of this cloud."""
        return aws.client(self.settings, service)

    def ready(self) -> bool:
        """Tell whether every synthesized stack is deployed, and none is being changed."""
        pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
        states = {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}
        done = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        try:
            return all(states.get(name) in done for name in deploy.stacks(self.settings.assembly).values())
        except FileNotFoundError:  # nothing is synthesized yet
            return False

    def token(self, user: str, group: str) -> str:
        """Sign a user of this group in, and return the Cognito ID token. A missing user is created.

        Raises:
            LocalCloudError: there is no such group, or no user pool yet.
        """
        password = self.admit(user, group)
        answer = self.client("cognito-idp").initiate_auth(
            ClientId=self.users.app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": password},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def admit(self, user: str, group: str) -> str:
        """See that there is a user of this group, and return the password.

        Raises:
            LocalCloudError: there is no such group, or no user pool yet.
        """
        if group not in GROUPS:
            raise LocalCloudError(f"There is no group {group}.", f"Choose one of {', '.join(GROUPS)}.")
        cognito, pool = self.client("cognito-idp"), self.users.pool
        # Nothing to keep secret on a local cloud, but the same each time:
        # another process may be signing the same user in right now.
        password = f"aA1!{hashlib.sha256(user.encode()).hexdigest()}"
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
        return password


@dataclass(frozen=True)
class Status:
    """The state of an environment on a local cloud, as outside programs read it."""

    ready: bool
    urls: dict[str, str]
    queues: dict[str, str]


def status(settings: Settings) -> Status:
    """Return the state of the environment, its pages among the URLs; without a cloud it is not ready, and empty."""
    try:
        cloud = Cloud.find(settings)
        return Status(cloud.ready(), {**pages.urls(cloud.settings), **cloud.urls}, cloud.queues())
    except LocalCloudError:
        return Status(ready=False, urls={}, queues={})
