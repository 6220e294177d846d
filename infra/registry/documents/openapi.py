"""OpenAPI 3.0 in the form of which EventBridge's registry makes code bindings: a class of the whole event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html shows it.
"""

from typing import Final

from infra.registry.documents.draft4 import draft4
from infra.registry.documents.rewriting import Json, rewritten
from wild_rydes_contracts import Event, Message
from wild_rydes_contracts.schemas import json_schema

_TEXT: Final = {"type": "string"}
_AROUND: Final[Json] = {
    **dict.fromkeys(("account", "detail-type", "id", "region", "source", "version"), _TEXT),
    "resources": {"type": "array", "items": _TEXT},
    "time": {"type": "string", "format": "date-time"},
}
"""What EventBridge puts around a detail: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""


def openapi(contract: type[Message], number: str) -> Json:
    """Make the document of an event, or of a reply, whose version and revision is `number`."""
    return {
        "openapi": "3.0.0",
        "info": {"title": contract.name, "version": number, "description": _said(json_schema(contract))},
        "paths": {},
        "components": {"schemas": _schemas(contract)},
    }


def _schemas(contract: type[Message]) -> Json:
    """The detail has the name of the event, and its data another one, though both have the class's."""
    detail = draft4(json_schema(contract))
    parts = detail.pop("definitions")
    detail.pop("$schema")
    # One class for all metadata of this message, as code bindings want it: its version, and what it must have.
    plain, own = detail["properties"]["metadata"]["allOf"]
    detail["properties"]["metadata"] = plain
    metadata = parts["Metadata"]
    metadata["required"] = [*metadata["required"], *own.get("required", ())]
    metadata["properties"] |= {
        name: {**metadata["properties"][name], **more} for name, more in own["properties"].items()
    }
    names = {contract.__name__: f"{contract.name}Data"}
    found = {names.get(name, name): part for name, part in parts.items()} | {contract.name: detail}
    found = {name: rewritten(part, lambda part: _referring(part, names)) for name, part in found.items()}
    if issubclass(contract, Event):
        found["AWSEvent"] = _aws_event(contract)
    return dict(sorted(found.items()))


def _aws_event(event: type[Event]) -> Json:
    return {
        "type": "object",
        "required": sorted([*_AROUND, "detail"]),
        "x-amazon-events-detail-type": event.name,
        "x-amazon-events-source": event.source,
        "properties": {"detail": {"$ref": f"#/components/schemas/{event.name}"}, **_AROUND},
    }


def _referring(part: Json, names: dict[str, str]) -> Json:
    if "$ref" not in part:
        return part
    name = part["$ref"].removeprefix("#/definitions/")
    return {"$ref": f"#/components/schemas/{names.get(name, name)}"}


def _said(schema: Json) -> str:
    return str(schema["description"])
