"""Make the JSON Schemas of messages from their classes. They describe the wire form, which is what a publisher sends."""

import inspect
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from wild_rydes_contracts import Envelope, Event, Message, Metadata

Json = dict[str, Any]


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


def json_schema(contract: type[Message]) -> Json:
    """Make the JSON Schema (2020-12) of a message: of an event's detail, or of a reply's body."""
    metadata: Json = {"properties": {"event_version": {"const": contract.version}}}
    if issubclass(contract, Event) and contract.answered_with:
        metadata["required"] = ["reply_to", "deadline"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": contract.name,
        "description": inspect.getdoc(contract),
        "type": "object",
        "properties": {
            "metadata": {"allOf": [{"$ref": "#/$defs/Metadata"}, metadata]},
            "data": {"$ref": f"#/$defs/{contract.__name__}"},
        },
        "required": list(Envelope.model_fields),
        "$defs": _definitions(contract),
    }


def _definitions(contract: type[Message]) -> Json:
    _, found = models_json_schema(
        [(Metadata, "serialization"), (contract, "serialization")],
        ref_template="#/$defs/{model}",
        schema_generator=WireSchema,
    )
    return dict(sorted(found["$defs"].items()))
