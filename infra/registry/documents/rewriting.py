"""JSON Schemas as other documents want them: other references, and none with anything beside it."""

from collections.abc import Callable
from typing import Any, Final

Json = dict[str, Any]

_ONE: Final = ("additionalItems", "additionalProperties", "contains", "items", "not", "propertyNames")
_LIST: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME: Final = ("$defs", "patternProperties", "properties")


def rewritten(schema: Json, change: Callable[[Json], Json]) -> Json:
    """Change every schema in a schema, the innermost first. `true` and `false` stay as they are."""
    inner = dict(schema)
    for key in _ONE:
        if isinstance(inner.get(key), dict):
            inner[key] = rewritten(inner[key], change)
    for key in _LIST:
        if key in inner:
            inner[key] = [rewritten(each, change) if isinstance(each, dict) else each for each in inner[key]]
    for key in _BY_NAME:
        if key in inner:
            inner[key] = {
                name: rewritten(each, change) if isinstance(each, dict) else each
                for name, each in inner[key].items()
            }
    return change(inner)


def apart(schema: Json) -> Json:
    """Put a reference that has something beside it into an `allOf`: up to draft 7 all beside it is ignored."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**beside, "allOf": [{"$ref": schema["$ref"]}, *beside.get("allOf", ())]}


def referring(schema: Json, place: Callable[[str], str]) -> Json:
    """Let references point to where `place` says that a definition is, by its name."""

    def moved(part: Json) -> Json:
        if "$ref" not in part:
            return part
        return {**part, "$ref": place(part["$ref"].removeprefix("#/$defs/"))}

    return rewritten(schema, moved)
