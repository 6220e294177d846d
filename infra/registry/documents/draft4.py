"""JSON Schema Draft 4, as EventBridge's registry takes it, from 2020-12.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html
"""

from collections.abc import Callable
from typing import Final

from infra.registry.documents.rewriting import Json, apart, rewritten

DIALECT: Final = "http://json-schema.org/draft-04/schema#"

_THE_SAME: Final = frozenset(
    {
        *("$ref", "$schema", "additionalProperties", "allOf", "anyOf", "default", "description", "enum"),
        *("format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength"),
        *("minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "patternProperties"),
        *("properties", "required", "title", "type", "uniqueItems"),
    }
)
_UUID: Final = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
"""The format `uuid` came with 2019-09: older validators let any text through."""
_FOR_PEOPLE: Final = frozenset({"examples"})
_OTHERWISE: Final = frozenset(
    {"$defs", "const", "dependentRequired", "exclusiveMaximum", "exclusiveMinimum", "prefixItems"}
)


def draft4(schema: Json) -> Json:
    """Say in Draft 4 what a schema says in 2020-12, for the same values.

    Raises ValueError for a keyword that is not known here, or that Draft 4 has no words for.
    """
    return {**rewritten(rewritten(schema, apart), _in_draft4), "$schema": DIALECT}


def _in_draft4(schema: Json) -> Json:
    if unknown := schema.keys() - _THE_SAME - _OTHERWISE - _FOR_PEOPLE:
        raise ValueError(f"Draft 4 has nothing that means {', '.join(sorted(unknown))}")
    older = {key: value for key, value in schema.items() if key in _THE_SAME}
    if "$ref" in schema:
        older["$ref"] = schema["$ref"].replace("#/$defs/", "#/definitions/")
    if "$defs" in schema:
        older["definitions"] = schema["$defs"]
    if "const" in schema:
        older["enum"] = [schema["const"]]
    if schema.get("format") == "uuid":
        older.setdefault("pattern", _UUID)
    if "dependentRequired" in schema:
        older["dependencies"] = schema["dependentRequired"]
    if "prefixItems" in schema:
        older |= {"items": schema["prefixItems"], "additionalItems": schema.get("items", True)}
    return older | _bound(schema, "minimum", max) | _bound(schema, "maximum", min)


def _bound(schema: Json, inclusive: str, narrower: Callable[[float, float], float]) -> Json:
    """Draft 4 has one bound of each side, and a word beside it that says whether the bound itself is out."""
    exclusive = f"exclusive{inclusive.capitalize()}"
    if exclusive not in schema:
        return {}
    bound: float = schema[exclusive]
    also: float = schema.get(inclusive, bound)
    return {inclusive: bound, exclusive: True} if narrower(bound, also) == bound else {inclusive: also}
