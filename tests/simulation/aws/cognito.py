"""Cognito: the users of a pool."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.aws.client import Answer, refused


@dataclass(slots=True)
class User:
    """A user. Actors change them."""

    sub: str
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    enabled: bool = True


class Cognito:
    """A user pool. Administrators find users by name or by `sub`."""

    def __init__(self, pool_id: str) -> None:
        self.users: dict[str, User] = {}
        self._pool_id = pool_id

    def add(self, user: User) -> User:
        """Sign a user up."""
        self.users[user.sub] = user
        return user

    def admin_get_user(self, arguments: Mapping[str, Any]) -> Answer:
        """Find a user."""
        pool, name = arguments["UserPoolId"], arguments["Username"]
        if pool != self._pool_id:
            raise refused("AdminGetUser", "ResourceNotFoundException", f"User pool {pool} does not exist.")
        user = self.users.get(name) or next((u for u in self.users.values() if u.name == name), None)
        if user is None:
            raise refused("AdminGetUser", "UserNotFoundException", "User does not exist.")
        attributes = {"sub": user.sub, **user.attributes}
        return {
            "Username": user.name,
            "UserAttributes": [{"Name": k, "Value": v} for k, v in attributes.items()],
            "Enabled": user.enabled,
            "UserStatus": "CONFIRMED",
        }
