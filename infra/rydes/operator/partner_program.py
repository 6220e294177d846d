"""A program of a partner, for as long as somebody needs one: it calls the jobs API."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager

import httpx

from infra.rydes.cloud.system import System
from infra.rydes.operator.clients import Clients
from infra.tiers import TIERS


@contextmanager
def program_of(system: System, partner: str) -> Generator[httpx.Client, None, None]:
    """Let a new machine client in, which acts for the partner, and take its key and its user away at the end.

    Raises:
        LocalCloudError: the API of machine clients is not deployed.
    """
    clients, name = Clients(system), f"operator-{secrets.token_hex(4)}"
    made = clients.add(name, TIERS[0].name, partner)
    try:
        token = system.users.sign_in(name, made.password)
        headers = {"Authorization": f"Bearer {token}", "x-api-key": made.key}
        with httpx.Client(base_url=system.url("jobs-api"), headers=headers, timeout=30) as api:
            yield api
    finally:
        clients.remove(name)
