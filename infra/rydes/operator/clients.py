"""Machine clients: each a user of the group `machines` with an API key of its own, in the usage plan of its tier."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.naming import MACHINE_API_URL_PARAMETER, USAGE_PLANS_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from wild_rydes_http.machine_key import MachineKey

GROUP = "machines"
_PREFIX = "machine-client-"


@dataclass(frozen=True)
class Client:
    """A machine client, known by its API key."""

    name: str
    tier: str
    key_id: str
    enabled: bool


@dataclass(frozen=True)
class Credentials:
    """What a new client needs, and nobody can read again: the password, and the API key."""

    client: Client
    password: str
    key: str


@dataclass(frozen=True)
class Usage:
    """The requests of a day that count for the quota, and those that are left; None before the first."""

    used: int
    left: int | None


class Clients:
    """The machine clients of one environment. Methods raise botocore's errors.

    Raises:
        LocalCloudError: ride-booking is not deployed.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._gateway: Any = system.client("apigateway")
        self._prefix = system.names.of(_PREFIX)
        plans = system.parameters.get(USAGE_PLANS_PARAMETER)
        if plans is None:
            raise LocalCloudError(
                f"The API of machine clients is not deployed: {MACHINE_API_URL_PARAMETER} is missing.",
                f"Deploy it: {system.HOW_TO_DEPLOY}",
            )
        self._plans: dict[str, str] = json.loads(plans)

    def add(self, name: str, tier: str, partner: str = "") -> Credentials:
        """Make a client: a user, and a key that is that user's alone. It acts for a partner fleet, if one is named.

        Raises:
            LocalCloudError: there is a user of this name.
        """
        users, plan = self._system.users, self._plans[tier]
        if users.exists(name):
            raise LocalCloudError(f"There is a user {name} already.", "Choose another name.")
        key = self._gateway.create_api_key(name=self._prefix + name, enabled=True)
        try:
            self._gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
            own_key = {"custom:machine_key": str(MachineKey.of(tier, plan, key["id"], key["value"]))}
            password = users.create(name, GROUP, own_key | ({"custom:partner": partner} if partner else {}))
        except Exception:
            self._gateway.delete_api_key(apiKey=key["id"])  # of no use without its user
            raise
        return Credentials(Client(name, tier, key["id"], enabled=True), password, key["value"])

    def all(self) -> list[Client]:
        """List the clients, by name."""
        tiers = {key["id"]: tier for tier, plan in self._plans.items() for key in self._keys_of(plan)}
        pages = self._gateway.get_paginator("get_api_keys").paginate(nameQuery=self._prefix)
        found = [key for page in pages for key in page["items"]]
        return sorted(
            (
                Client(
                    key["name"].removeprefix(self._prefix),
                    tiers.get(key["id"], "-"),
                    key["id"],
                    key["enabled"],
                )
                for key in found
            ),
            key=lambda client: client.name,
        )

    def find(self, name: str) -> Client:
        """Find a client.

        Raises:
            LocalCloudError: there is none of this name.
        """
        for client in self.all():
            if client.name == name:
                return client
        raise LocalCloudError(f"There is no client {name}.", "`uv run rydes clients list` shows all.")

    def usage(self, client: Client, day: date) -> Usage:
        """Read how much of its quota a client has used on a day."""
        with suppress(KeyError):
            answer = self._gateway.get_usage(
                usagePlanId=self._plans[client.tier],
                keyId=client.key_id,
                startDate=day.isoformat(),
                endDate=day.isoformat(),
            )
            if days := answer.get("items", {}).get(client.key_id):
                return Usage(*days[-1])
        return Usage(0, None)

    def remove(self, name: str) -> None:
        """Remove a client: the key first, so that nothing gets in from now on.

        Raises:
            LocalCloudError: there is none of this name.
        """
        self._gateway.delete_api_key(apiKey=self.find(name).key_id)
        self._system.users.remove(name)

    def _keys_of(self, plan: str) -> Iterator[dict[str, Any]]:
        for page in self._gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan):
            yield from page["items"]
