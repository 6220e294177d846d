"""EventBridge's schema registry on AWS, as it is and as it was: what is published there."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from infra.registry.published import Publication, parse
from infra.registry.registered import DRAFT_4


class NotRegistered(Exception):
    """There is no such registry, or it has something that no deployment of ours put there. The message says what."""


def publications_on_aws(client: Any, registry: str) -> Mapping[str, list[Publication]]:  # noqa: ANN401 - boto3's
    """Read what a registry has of every message, by their names, the oldest first. Schemas are in Draft 4.

    Each deployment of a new revision is one more version of its schema, which the registry keeps. `client` is boto3's
    of `schemas`. Raises NotRegistered, and botocore's errors.
    """
    found: defaultdict[str, dict[str, Publication]] = defaultdict(dict)
    for schema in _schemas(client, registry):
        name = schema.rpartition("@")[2].rpartition("-v")[0]
        for content in _contents(client, registry, schema):
            try:
                publication = parse(name, str(content.get("$id")).rpartition(":")[2], content)
            except ValueError as error:
                raise NotRegistered(
                    f"{schema} in the registry {registry} is none of ours: {error}."
                ) from error
            found[name][publication.number] = publication
    return {
        name: sorted(all_.values(), key=lambda each: (each.version, each.revision))
        for name, all_ in sorted(found.items())
    }


def _schemas(client: Any, registry: str) -> list[str]:  # noqa: ANN401 - boto3's
    pages = client.get_paginator("list_schemas").paginate(RegistryName=registry)
    try:
        names = [schema["SchemaName"] for page in pages for schema in page["Schemas"]]
    except client.exceptions.NotFoundException as error:
        raise NotRegistered(f"There is no registry {registry}.") from error
    return [name for name in names if name.endswith(DRAFT_4)]


def _contents(client: Any, registry: str, schema: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's
    """Go through all that a schema has said, the oldest first."""
    pages = client.get_paginator("list_schema_versions").paginate(RegistryName=registry, SchemaName=schema)
    versions = sorted(int(each["SchemaVersion"]) for page in pages for each in page["SchemaVersions"])
    for version in versions:
        found = client.describe_schema(RegistryName=registry, SchemaName=schema, SchemaVersion=str(version))
        yield json.loads(found["Content"])
