"""The schema registry: one for an environment, with every version of every message in both formats."""

import json
from typing import Any

import pytest
from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from infra.app import SERVICES
from infra.assembly import Assembly, Resource
from infra.registry.documents.examples import example
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message

SCHEMA = "AWS::EventSchemas::Schema"
CONTRACTS: tuple[type[Message], ...] = (*EVENTS, *MESSAGES)


def named(aws: Assembly, name: str) -> Resource:
    return aws.named(SCHEMA, "SchemaName")[name]


def content(schema: Resource) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schema.properties["Content"])
    return document


def test_an_environment_has_a_registry_of_its_own(aws: Assembly, prod: Assembly) -> None:
    [registry] = aws.all("AWS::EventSchemas::Registry")
    assert (registry.stack, registry.properties["RegistryName"]) == ("WildRydesPlatform", "wild-rydes")
    [theirs] = prod.all("AWS::EventSchemas::Registry")
    assert theirs.properties["RegistryName"] == "prod-wild-rydes"
    assert {each.properties["RegistryName"] for each in prod.all(SCHEMA)} == {"prod-wild-rydes"}


def test_every_version_of_every_message_is_registered_in_both_formats(aws: Assembly) -> None:
    names = {each.properties["SchemaName"].partition("@")[2] for each in aws.all(SCHEMA)}
    versions = {f"{contract.name}-v{contract.version}" for contract in CONTRACTS}
    assert names == versions | {f"{version}-JSONSchemaDraft4" for version in versions}


def test_a_service_registers_its_own_events_and_the_answers_that_it_wants(aws: Assembly) -> None:
    stacks = {SERVICES[service]: service for service in SERVICES}
    by_stack = {stack.__name__.replace("Stack", ""): service for stack, service in stacks.items()}
    for schema in aws.all(SCHEMA):
        source, _, _ = schema.properties["SchemaName"].partition("@")
        assert source == f"wildrydes.{by_stack[schema.stack.removeprefix('WildRydes')]}"
    assert named(aws, "wildrydes.ride-booking@RfqResponse-v1").stack == "WildRydesRideBooking"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_what_is_registered_is_of_its_format(aws: Assembly, contract: type[Message]) -> None:
    source = contract.source if issubclass(contract, Event) else "wildrydes.ride-booking"
    name = f"{source}@{contract.name}-v{contract.version}"
    classes, draft_4 = named(aws, name), named(aws, f"{name}-JSONSchemaDraft4")
    assert (classes.properties["Type"], draft_4.properties["Type"]) == ("OpenApi3", "JSONSchemaDraft4")
    OpenAPIV30SpecValidator(content(classes)).validate()
    Draft4Validator.check_schema(content(draft_4))
    Draft4Validator(content(draft_4)).validate(json.loads(example(contract).to_json()))
