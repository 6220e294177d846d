"""The users of a deployment: created, signed in by SRP as the apps do it, and removed."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from infra.rydes.cloud.errors import LocalCloudError


class Users:
    """The users of one pool, by an app client whose users sign in by SRP. Methods raise botocore's errors."""

    def __init__(self, cognito: Any, pool: str, app: str) -> None:  # noqa: ANN401 - a client of boto3
        self._cognito = cognito
        self.pool = pool
        self.app = app

    def exists(self, name: str) -> bool:
        """Tell whether there is a user of this name."""
        try:
            self._cognito.admin_get_user(UserPoolId=self.pool, Username=name)
        except self._cognito.exceptions.UserNotFoundException:
            return False
        return True

    def create(self, name: str, group: str, attributes: Mapping[str, str] | None = None) -> str:
        """Create a user in this group, and return the password, which nobody else knows.

        Raises botocore's UsernameExistsException if there is one: nobody's password is ever changed.
        """
        password = f"{secrets.token_urlsafe(24)}aA1!"  # what the pool's policy asks for is in it
        pairs = [{"Name": key, "Value": value} for key, value in (attributes or {}).items()]
        user = {"UserPoolId": self.pool, "Username": name}
        self._cognito.admin_create_user(**user, UserAttributes=pairs, MessageAction="SUPPRESS")
        self._cognito.admin_set_user_password(**user, Password=password, Permanent=True)
        self._cognito.admin_add_user_to_group(**user, GroupName=group)
        return password

    def remove(self, name: str) -> None:
        """Remove a user, if there is one."""
        with suppress(self._cognito.exceptions.UserNotFoundException):
            self._cognito.admin_delete_user(UserPoolId=self.pool, Username=name)

    def sign_in(self, name: str, password: str) -> str:
        """Sign a user in by SRP, and return the ID token.

        Raises:
            LocalCloudError: the password is wrong, or Cognito asks for more than a password.
        """
        # Takes as long to load as a command takes, and most commands sign nobody in by SRP.
        from pycognito.aws_srp import AWSSRP  # noqa: PLC0415
        from pycognito.exceptions import (  # noqa: PLC0415
            ForceChangePasswordException,
            SMSMFAChallengeException,
            SoftwareTokenMFAChallengeException,
        )

        login = AWSSRP(name, password, self.pool, self.app, client=self._cognito)
        try:
            tokens: dict[str, Any] = login.authenticate_user()
        except self._cognito.exceptions.NotAuthorizedException as error:
            raise LocalCloudError(f"{name} cannot sign in: {error}", "Check the password.") from error
        except (
            ForceChangePasswordException,
            SMSMFAChallengeException,
            SoftwareTokenMFAChallengeException,
        ) as error:
            raise LocalCloudError(f"{name} cannot sign in: {error}", "Sign in with an app.") from error
        return str(tokens["AuthenticationResult"]["IdToken"])
