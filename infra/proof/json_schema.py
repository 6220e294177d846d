"""JSON Schemas as the static proof reads them: the forms that a value may have, and those of a field inside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]


def forms(schema: Schema, root: Schema) -> Iterator[dict[str, Any]]:
    """Go through the forms that a value may have, with references, `allOf` and alternatives resolved.

    `root` is the document that references point into.
    """
    if "$ref" in schema:
        name = str(schema["$ref"])
        found: Any = root
        for step in name.removeprefix("#/").split("/"):
            found = found[step]
        others = {key: value for key, value in schema.items() if key != "$ref"}
        yield from forms({**found, **others}, root)
    elif "allOf" in schema:
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        yield from _all_of([rest, *schema["allOf"]], root)
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for alternative in alternatives:
            yield from forms(alternative, root)
    else:
        yield dict(schema)


def _all_of(schemas: Sequence[Schema], root: Schema) -> Iterator[dict[str, Any]]:
    if not schemas:
        yield {}
        return
    first, *others = schemas
    for one in forms(first, root):
        for rest in _all_of(others, root):
            yield _both(one, rest)


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    properties = dict(one.get("properties", {}))
    for name, schema in other.get("properties", {}).items():
        properties[name] = {"allOf": [properties[name], schema]} if name in properties else schema
    required = [*one.get("required", ()), *other.get("required", ())]
    return {**one, **other, "properties": properties, "required": required}


def values_at(schema: Schema, path: Sequence[str], root: Schema) -> list[dict[str, Any] | None]:
    """List the forms that a field's value may have. None among them says that the field may be missing.

    Arrays dissolve as in event patterns: the values of a field in an array are those of its elements.
    """
    found: list[dict[str, Any] | None] = []
    for form in forms(schema, root):
        if form.get("type") == "array":
            found += [
                *values_at(form.get("items", {}), path, root),
                *([] if form.get("minItems") else [None]),
            ]
        elif not path:
            found.append(form)
        else:
            step, *rest = path
            inner = form.get("properties", {}).get(step, form.get("additionalProperties"))
            if isinstance(inner, dict):
                found += values_at(inner, rest, root)
            if not isinstance(inner, dict) or step not in form.get("required", ()):
                found.append(None)
    return found
