"""What pages have to know, as their config.json says it: where the APIs are, and who may sign in by a click."""

from collections.abc import Mapping
from typing import Any, Final

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import REGION

_OF: Final = {
    "customer-app": ("rfq-api", "rfq-socket", "customers", ("astrid", "mona", "otto")),
    "unicorn-app": ("unicorn-api", "unicorn-socket", "unicorns", ("aurora", "zephyr")),
}
"""Each page's API and socket, and the group of its users with some of them."""


def configs(cloud: Cloud) -> dict[str, Mapping[str, Any]]:
    """Make the config.json of each page that has one. Its people are created unless they exist.

    Raises:
        LocalCloudError: the stacks are not deployed yet.
    """
    return {name: _config(cloud, name) for name in _OF}


def _config(cloud: Cloud, name: str) -> dict[str, Any]:
    api, socket, group, people = _OF[name]
    return {
        "region": REGION,
        "userPoolId": cloud.users.pool,
        "userPoolClientId": cloud.users.app,
        "cognito": cloud.settings.endpoint,
        "api": cloud.url(api),
        "socket": cloud.url(socket),
        "passwordLogin": True,
        "people": [{"name": user, "password": cloud.admit(user, group)} for user in people],
    }
