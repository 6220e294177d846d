"""The schema registry, and what is registered in it."""

import json
from collections.abc import Iterator

from infra.rydes.cloud.aws import Account
from infra.rydes.verify.promise import REDEPLOY, Flaw
from infra.rydes.verify.stacks import Resource


def registry(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("schemas").describe_registry(RegistryName=promised.properties["RegistryName"])
    yield from ()


def schema(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Says what its stack wants it to say."""
    wanted = promised.properties
    found = account.client("schemas").describe_schema(
        RegistryName=wanted["RegistryName"], SchemaName=wanted["SchemaName"]
    )
    if (found["Type"], json.loads(found["Content"])) != (wanted["Type"], json.loads(wanted["Content"])):
        yield Flaw("says something else than its stack wants", REDEPLOY)
