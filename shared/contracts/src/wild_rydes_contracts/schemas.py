"""Make the JSON Schemas of all messages and one AsyncAPI 3.0 document from the contract classes.

`python -m wild_rydes_contracts.schemas docs/events` writes them. They describe the wire form, which is what a
publisher sends.
"""

import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from wild_rydes_contracts import EVENTS, MESSAGES, Envelope, Event, Message, Metadata

Json = dict[str, Any]

BUS = "wild-rydes"


class WireSchema(GenerateJsonSchema):
    """Schemas of the wire form. It leaves absent optional fields out, so that their value is never null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Json:
        """Make the schema of a value that is present."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Json:
        """Leave the default out: an absent field means that it is absent."""
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Json:
        """Leave OpenAPI's discriminator out: each alternative states its tag as a constant."""
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)
        return union

    def field_is_required(self, field: Any, *args: Any, **options: Any) -> bool:  # noqa: ANN401 - pydantic's signature
        """Say whether the wire form always has the field: it does if the default is not None."""
        inner = field["schema"]
        always_there = inner["type"] != "default" or inner.get("default") is not None
        return always_there or super().field_is_required(field, *args, **options)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's signature
        """Never set a title: it would repeat the name."""
        return False


def documents() -> dict[str, str]:
    """Make all documents, by file name."""
    found = {f"{c.name}.v{c.version}.json": json_schema(c) for c in (*EVENTS, *MESSAGES)}
    found["asyncapi.json"] = asyncapi()
    texts = {name: json.dumps(content, indent=2) + "\n" for name, content in found.items()}
    return {**texts, "README.md": _index()}


def json_schema(contract: type[Message]) -> Json:
    """Make the JSON Schema (2020-12) of a message: of an event's detail, or of a reply's body."""
    definitions = _definitions([contract], "#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": contract.name,
        **_envelope(contract, "#/$defs/{model}"),
        "$defs": definitions,
    }


def asyncapi() -> Json:
    """Make the AsyncAPI 3.0 document of all that goes over the bus and to return addresses."""
    template = "#/components/schemas/{model}"
    contracts = (*EVENTS, *MESSAGES)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Wild Rydes messages",
            "version": "1.0.0",
            "description": "Events on the bus, and answers to return addresses.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "bus": {
                "address": BUS,
                "title": "EventBridge bus",
                "description": "An event has the `source` and the `detail-type` of its message. The payload is its `detail`.",
                "messages": {event.name: _ref("messages", event) for event in EVENTS},
            },
            "return-address": {
                "address": None,
                "title": "SQS queue that `metadata.reply_to` names by its ARN",
                "description": "The payload is the body of a queue message.",
                "messages": {message.name: _ref("messages", message) for message in MESSAGES},
            },
        },
        "operations": {f"publish-{event.name}": _publication(event) for event in EVENTS},
        "components": {
            "messages": {contract.name: _message(contract, template) for contract in contracts},
            "schemas": _definitions(contracts, template),
        },
    }


def _definitions(contracts: Sequence[type[Message]], template: str) -> Json:
    models = [(model, "serialization") for model in (Metadata, *contracts)]
    _, found = models_json_schema(
        models,  # type: ignore[arg-type]
        ref_template=template,
        schema_generator=WireSchema,
    )
    return dict(sorted(found["$defs"].items()))


def _envelope(contract: type[Message], template: str) -> Json:
    metadata: Json = {"properties": {"event_version": {"const": contract.version}}}
    if issubclass(contract, Event) and contract.answered_with:
        metadata["required"] = ["reply_to", "deadline"]
    return {
        "description": inspect.getdoc(contract),
        "type": "object",
        "properties": {
            "metadata": {"allOf": [{"$ref": template.format(model="Metadata")}, metadata]},
            "data": {"$ref": template.format(model=contract.__name__)},
        },
        "required": list(Envelope.model_fields),
    }


def _message(contract: type[Message], template: str) -> Json:
    message: Json = {
        "name": contract.name,
        "title": f"{contract.name}, version {contract.version}",
        "summary": _first_line(contract),
        "correlationId": {"location": "$message.payload#/metadata/correlation_id"},
        "payload": _envelope(contract, template),
    }
    if issubclass(contract, Event):
        message["tags"] = [{"name": contract.source, "description": "EventBridge source"}]
    return message


def _publication(event: type[Event]) -> Json:
    publication: Json = {
        "action": "send",
        "summary": _first_line(event),
        "channel": {"$ref": "#/channels/bus"},
        "messages": [{"$ref": f"#/channels/bus/messages/{event.name}"}],
    }
    if event.answered_with:
        publication["reply"] = {
            "address": {"location": "$message.payload#/metadata/reply_to"},
            "channel": {"$ref": "#/channels/return-address"},
            "messages": [{"$ref": f"#/channels/return-address/messages/{event.answered_with.name}"}],
        }
    return publication


def _ref(section: str, contract: type[Message]) -> Json:
    return {"$ref": f"#/components/{section}/{contract.name}"}


def _first_line(contract: type[Message]) -> str:
    return (inspect.getdoc(contract) or contract.name).partition("\n")[0]


def _index() -> str:
    rows = [
        f"| [{c.name}]({c.name}.v{c.version}.json) | {c.version} | {_whence(c)} | {_first_line(c)} |"
        for c in (*EVENTS, *MESSAGES)
    ]
    return "\n".join(
        [
            "# Messages",
            "",
            "Generated from `shared/contracts` by `make generate`. Do not edit.",
            "[asyncapi.json](asyncapi.json) describes all of them in AsyncAPI 3.0.",
            "",
            "| message | version | source, or the event it answers | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _whence(contract: type[Message]) -> str:
    if issubclass(contract, Event):
        return f"`{contract.source}`"
    return ", ".join(f"answers {event.name}" for event in EVENTS if event.answered_with is contract)


def write(directory: Path) -> None:
    """Write all documents, and remove those of messages that no longer exist."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = documents()
    for old in directory.iterdir():
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
