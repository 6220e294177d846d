"""Reading EventBridge's registry, with answers of the shapes that its API has."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.registry.aws_registry import NotRegistered, publications_on_aws
from infra.registry.documents.draft4 import draft4
from infra.registry.published import Publication, publications, worded
from infra.registry.registered import registered_by
from wild_rydes_contracts import EVENTS

REGISTRY = "dev-wild-rydes"
NAME = "wildrydes.unicorn-mgmt@RideCompleted-v1-JSONSchemaDraft4"


@pytest.fixture
def client() -> Any:
    return boto3.client("schemas", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def list_schemas(stub: Stubber, *pages: list[str]) -> None:
    for number, names in enumerate(pages):
        answer: dict[str, Any] = {"Schemas": [{"SchemaName": name, "VersionCount": 1} for name in names]}
        expected = {"RegistryName": REGISTRY, **({"NextToken": str(number)} if number else {})}
        more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        stub.add_response("list_schemas", {**answer, **more}, expected)


def has_said(stub: Stubber, name: str, contents: dict[str, str]) -> None:
    """A schema's versions, listed in the order of texts as the registry may, and read in that of numbers."""
    summaries = [{"SchemaName": name, "SchemaVersion": version} for version in sorted(contents)]
    where = {"RegistryName": REGISTRY, "SchemaName": name}
    stub.add_response("list_schema_versions", {"SchemaVersions": summaries}, where)
    for version in sorted(contents, key=int):
        answer = {"Content": contents[version], "SchemaName": name, "SchemaVersion": version}
        stub.add_response("describe_schema", answer, {**where, "SchemaVersion": version})


def in_draft4(publication: Publication) -> Publication:
    return replace(publication, schema=draft4(publication.schema))


def test_what_is_deployed_is_read_as_it_was_published(client: Any, stub: Stubber) -> None:
    [first] = worded(publications(), EVENTS)["RideCompleted"]
    second = replace(first, revision=1, note="Where it ended.", published=date(2026, 12, 1))
    contents = {
        str(number + 9): next(
            each.content
            for each in registered_by("unicorn-mgmt", {"RideCompleted": all_})
            if each.name == NAME
        )
        for number, all_ in enumerate(([first], [first, second]))
    }
    other = "wildrydes.unicorn-mgmt@RideCompleted-v1"
    list_schemas(stub, [other], [NAME])
    has_said(stub, NAME, contents)
    assert publications_on_aws(client, REGISTRY) == {"RideCompleted": [in_draft4(first), in_draft4(second)]}


def test_a_registry_that_is_not_there(client: Any, stub: Stubber) -> None:
    stub.add_client_error("list_schemas", "NotFoundException")
    with pytest.raises(NotRegistered, match="no registry dev-wild-rydes"):
        publications_on_aws(client, REGISTRY)


@pytest.mark.parametrize(
    "content", [{"title": "RideCompleted"}, {"$id": "urn:x:RideCompleted:1.0", "$comment": "2026-11-26 x"}]
)
def test_a_schema_that_somebody_else_has_put_there(
    client: Any, stub: Stubber, content: dict[str, str]
) -> None:
    list_schemas(stub, [NAME])
    has_said(stub, NAME, {"1": json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", **content})})
    with pytest.raises(NotRegistered, match="none of ours"):
        publications_on_aws(client, REGISTRY)
