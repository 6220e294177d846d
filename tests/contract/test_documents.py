"""The generated documents: up to date, and each says of a message what its JSON Schema says."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from infra.assembly import Assembly
from infra.proof.synthesis import templates
from infra.registry.documents import files, pages
from infra.registry.documents.asyncapi import asyncapi
from infra.registry.documents.draft4 import draft4
from infra.registry.documents.examples import example
from infra.registry.documents.naming import identifier
from infra.registry.documents.openapi import openapi
from infra.registry.examples import with_examples
from infra.registry.published import publications, source_of
from tests.contract.test_schemas import VALIDATORS, paths, replacements
from tests.support.asyncapi import check_references
from wild_rydes_contracts import EVENTS, Envelope, Event, Message
from wild_rydes_contracts.schemas import json_schema
from wild_rydes_contracts.strategies import CONTRACTS, messages

CHECK_FORMATS = jsonschema.Draft4Validator.FORMAT_CHECKER
IN_DRAFT_4 = {
    contract: jsonschema.Draft4Validator(draft4(json_schema(contract)), format_checker=CHECK_FORMATS)
    for contract in CONTRACTS
}


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    """As `make check` leaves the templates behind, so that `make pr` finds stale pages without a synthesis."""
    return with_examples(templates())


def document_of(contract: type[Message]) -> dict[str, Any]:
    return openapi(json_schema(contract), "1.0", source_of(contract))


each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=identifier)


def test_checked_in_schemas_are_those_of_the_contracts() -> None:
    made = files.schemas()
    checked_in = {
        path: text for path, text in files.read().items() if path in made or path.endswith(".v1.json")
    }
    assert checked_in == made, "run: make generate"


def test_checked_in_documents_are_those_of_contracts_and_rules(assembly: Assembly) -> None:
    checked_in = files.read()
    checked_in.pop(files.DECLARATIONS)  # takes Node, and has its own test
    assert checked_in == files.texts(assembly), "run: make generate"


def test_writing_removes_the_documents_of_messages_that_no_longer_exist(tmp_path: Path) -> None:
    (tmp_path / "draft4").mkdir()
    (tmp_path / "draft4" / "Gone.v1.json").write_text("{}")
    files.write({"README.md": "# Messages\n"}, tmp_path)
    assert files.read(tmp_path) == {"README.md": "# Messages\n"}


@each_contract
def test_draft_4_is_draft_4(contract: type[Message]) -> None:
    jsonschema.Draft4Validator.check_schema(draft4(json_schema(contract)))


@given(messages(), st.data())
def test_draft_4_takes_what_2020_12_takes_and_nothing_else(
    envelope: Envelope[Message], data: st.DataObject
) -> None:
    contract, message = type(envelope.data), json.loads(envelope.to_json())
    assert IN_DRAFT_4[contract].is_valid(message)
    *way, last = data.draw(st.sampled_from(list(paths(message))))
    parent: Any = message
    for step in way:
        parent = parent[step]
    if data.draw(st.booleans()):
        parent[last] = copy.deepcopy(data.draw(replacements))
    else:
        del parent[last]
    assert IN_DRAFT_4[contract].is_valid(message) == VALIDATORS[contract].is_valid(message)


@each_contract
def test_openapi_is_openapi(contract: type[Message]) -> None:
    OpenAPIV30SpecValidator(document_of(contract)).validate()


def test_the_openapi_validator_finds_what_3_0_does_not_know() -> None:
    document = document_of(EVENTS[0])
    document["components"]["schemas"]["Metadata"]["properties"]["event_version"] = {"type": ["integer"]}
    with pytest.raises(OpenAPIValidationError):
        OpenAPIV30SpecValidator(document).validate()


@pytest.mark.parametrize("event", EVENTS, ids=identifier)
def test_openapi_is_what_code_bindings_are_made_of(event: type[Event]) -> None:
    """As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html shows it."""
    parts = document_of(event)["components"]["schemas"]
    whole = parts["AWSEvent"]
    assert whole["x-amazon-events-detail-type"] == event.name
    assert whole["x-amazon-events-source"] == event.source
    assert whole["properties"]["detail"] == {"$ref": f"#/components/schemas/{event.name}"}
    assert set(whole["required"]) == set(whole["properties"])
    assert parts["Metadata"]["properties"]["event_version"]["enum"] == [event.version]
    detail = {**parts[event.name], "components": {"schemas": parts}}
    jsonschema.Draft4Validator(detail).validate(json.loads(example(event).to_json()))


@each_contract
def test_examples_are_valid_and_the_same_each_time(contract: type[Message]) -> None:
    text = example(contract).to_json()
    VALIDATORS[contract].validate(json.loads(text))
    assert example(contract).to_json() == text


def test_every_reference_of_the_asyncapi_document_leads_somewhere(assembly: Assembly) -> None:
    check_references(asyncapi(assembly))


def test_asyncapi_says_who_sends_who_receives_and_where_answers_go(assembly: Assembly) -> None:
    document = asyncapi(assembly)
    assert document["asyncapi"] == "3.0.0"
    assert document["components"]["messages"].keys() == {identifier(contract) for contract in CONTRACTS}
    operations = document["operations"]
    asked, answering = (
        operations["ride-booking-sends-RfqRequested"],
        operations["unicorn-mgmt-receives-RfqRequested"],
    )
    assert (asked["action"], answering["action"]) == ("send", "receive")
    assert (
        asked["reply"]
        == answering["reply"]
        == {
            "address": {"location": "$message.payload#/metadata/reply_to"},
            "channel": {"$ref": "#/channels/return-address"},
            "messages": [{"$ref": "#/channels/return-address/messages/RfqResponse"}],
        }
    )
    assert "reply" not in operations["surge-receives-RfqRequested"], "it only listens"
    assert "`feedback-rides`" in operations["feedback-receives-RideCompleted"]["description"]
    assert {name for name in operations if name.endswith("-RfqCompleted")} == {
        "ride-booking-sends-RfqCompleted",
        "unicorn-mgmt-receives-RfqCompleted",
        "surge-receives-RfqCompleted",
    }
    for message in document["components"]["messages"].values():
        assert message["correlationId"] == {"location": "$message.payload#/metadata/correlation_id"}
        assert message["examples"]


def test_no_page_is_about_what_nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "emitters", lambda contract: () if contract.name == "RideBooked" else ("a",))
    assert "RideBooked" not in pages.shown()
    assert "RideCompleted" in pages.shown()


def test_a_page_has_all_versions_and_what_has_changed(assembly: Assembly) -> None:
    [first] = publications()["RideBooked"]
    schema = copy.deepcopy(first.schema)
    schema["$defs"]["RideBooked"]["required"].remove("customer_id")
    second = replace(first, revision=1, schema=schema, note="A guest has no customer.")
    [(newest,)] = [versions for name, versions in pages.shown().items() if name == "RideBooked"]
    later = type(
        "Second", (newest,), {"version": 2, "__doc__": "A ride is booked, better.", "__module__": __name__}
    )
    page = pages.message_page([later, newest], {"RideBooked": [first, second]}, assembly)
    assert "2 (not published), 1.1" in page
    assert "| **1.1** | 2026-11-26 | A guest has no customer. | REQUIRED_ATTRIBUTE_ADDED `#" in page
    assert "<summary>Version 1</summary>" in page
    assert '"event_version": [2]' in page
    assert '"event_version": [1]' in page
