"""OpenAPI 3.0 in the form of which EventBridge's registry makes code bindings: a class of the whole event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html shows it.
"""

from typing import Final

from infra.registry.documents.draft4 import draft4
from infra.registry.documents.rewriting import Json, rewritten

_TEXT: Final = {"type": "string"}
_AROUND: Final[Json] = {
    **dict.fromkeys(("account", "detail-type", "id", "region", "source", "version"), _TEXT),
    "resources": {"type": "array", "items": _TEXT},
    "time": {"type": "string", "format": "date-time"},
}
"""What EventBridge puts around a detail: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""


def openapi(schema: Json, number: str, source: str | None) -> Json:
    """Make the document of a message's schema, whose version and revision is `number`.

    An event has a `source`, and a class of the whole event. An answer has none.
    """
    return {
        "openapi": "3.0.0",
        "info": {"title": schema["title"], "version": number, "description": schema["description"]},
        "paths": {},
        "components": {"schemas": _schemas(schema, source)},
    }


def _schemas(schema: Json, source: str | None) -> Json:
    """The detail has the name of the event, and its data another one, though they are called the same elsewhere."""
    name, detail = schema["title"], draft4(schema)
    parts = detail.pop("definitions")
    detail.pop("$schema")
    # One class for all metadata of this message, as code bindings want it: its version, and what it must have.
    plain, own = detail["properties"]["metadata"]["allOf"]
    detail["properties"]["metadata"] = plain
    metadata = parts["Metadata"]
    metadata["required"] = [*metadata["required"], *own.get("required", ())]
    metadata["properties"] |= {
        field: {**metadata["properties"][field], **more} for field, more in own["properties"].items()
    }
    names = {_name(detail["properties"]["data"]): f"{name}Data"}
    found = {names.get(key, key): part for key, part in parts.items()} | {name: detail}
    found = {key: rewritten(part, lambda part: _referring(part, names)) for key, part in found.items()}
    if source:
        found["AWSEvent"] = _aws_event(name, source)
    return dict(sorted(found.items()))


def _aws_event(name: str, source: str) -> Json:
    return {
        "type": "object",
        "required": sorted([*_AROUND, "detail"]),
        "x-amazon-events-detail-type": name,
        "x-amazon-events-source": source,
        "properties": {"detail": {"$ref": f"#/components/schemas/{name}"}, **_AROUND},
    }


def _referring(part: Json, names: dict[str, str]) -> Json:
    if "$ref" not in part:
        return part
    name = _name(part)
    return {"$ref": f"#/components/schemas/{names.get(name, name)}"}


def _name(reference: Json) -> str:
    return str(reference["$ref"]).removeprefix("#/definitions/")
