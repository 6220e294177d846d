"""TypeScript's types of all messages, and of the events as a rule hands them over."""

import json
from typing import Any

from infra.proof.filters import event_schema
from infra.registry.documents.naming import identifier
from infra.registry.documents.rewriting import Json, referring, rewritten
from infra.registry.tools import run
from wild_rydes_contracts import EVENTS, MESSAGES, Message
from wild_rydes_contracts.schemas import json_schema

_HEAD = """// What Wild Rydes tells on the bus and to return addresses. Made from the contracts by `make generate`. Do not edit.

"""


def declarations() -> str:
    """Make the declarations. Raises infra.npm.NpmError if there is no converter, and none can be installed."""
    return _HEAD + run("types.mjs", text=json.dumps(bundle()))


def bundle() -> Json:
    """Make one schema with a definition for each type: `RideCompleted` is the detail of a `RideCompletedEvent`."""
    definitions: dict[str, Any] = {}
    for contract in (*EVENTS, *MESSAGES):
        definitions |= _definitions(contract)
    for event in EVENTS:
        whole = event_schema(event)
        whole.pop("$defs")
        whole["properties"]["detail"] = {"$ref": f"#/definitions/{identifier(event)}"}
        definitions[f"{identifier(event)}Event"] = {
            **whole,
            "description": f"{event.name}, version {event.version}, as a rule on the bus hands it over.",
        }
    definitions["WildRydesEvent"] = {
        "description": "Any event on the bus: `detail-type` tells which.",
        "oneOf": [{"$ref": f"#/definitions/{identifier(event)}Event"} for event in EVENTS],
    }
    return {"type": "object", "definitions": dict(sorted(definitions.items()))}


def _definitions(contract: type[Message]) -> Json:
    names = {contract.__name__: f"{identifier(contract)}Data"}
    schema = json_schema(contract)
    schema = referring(schema, lambda name: f"#/definitions/{names.get(name, name)}")
    parts = schema.pop("$defs")
    schema.pop("$schema")
    # What is required of the metadata needs its type beside it, or TypeScript knows none.
    _, own = schema["properties"]["metadata"]["allOf"]
    metadata = parts["Metadata"]["properties"]
    own["required"] = ["event_version", *own.get("required", ())]
    own["properties"] = {
        name: {**metadata[name], **own["properties"].get(name, {})} for name in own["required"]
    }
    found = {names.get(name, name): part for name, part in parts.items()} | {identifier(contract): schema}
    return {name: rewritten(part, _plain) for name, part in found.items()}


def _plain(schema: Json) -> Json:
    """A reference alone, or each place would get a type of its own; and no title, which would name a type."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    return {key: value for key, value in schema.items() if key != "title"}
