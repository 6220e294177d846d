"""Small schemas and all the small values there are for them, so that a comparison can be held to validation."""

from itertools import product
from typing import Any, Final

from hypothesis import strategies as st

Json = Any

_PLAIN: Final = (None, True, False, -1, 0, 1, 2, 3, 0.5, 1.5, "", "a", "b", "ab", "bb")
_INNER: Final = (None, True, 0, 1, 2, 0.5, "a", "ab")
VALUES: Final[tuple[Json, ...]] = (
    *_PLAIN,
    [],
    *([one] for one in _INNER),
    *([one, other] for one, other in product(_INNER, repeat=2)),
    [0, "a", 1],
    [[]],
    [{}],
    [[1], {"a": 1}],
    {},
    *({name: one} for name, one in product("abc", _INNER)),
    *({"a": one, "b": other} for one, other in product(_INNER, repeat=2)),
    {"a": 1, "b": 1, "c": 1},
    {"a": {}},
    {"a": {"a": 1}},
    {"a": []},
    {"a": [1]},
    {"b": {"a": "a"}},
)
NAMES: Final = st.sampled_from(["a", "b", "c"])
COUNTS: Final = st.integers(0, 3)
NUMBERS: Final = st.sampled_from([-1, 0, 0.5, 1, 1.5, 2, 3])
TYPES: Final = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
PATTERNS: Final = st.sampled_from(["^a", "b", "^a?b$", ""])

_LEAF: Final = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(st.sampled_from(VALUES[:30]), min_size=1, max_size=3, unique_by=repr),
    "const": st.sampled_from(VALUES[:30]),
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "exclusiveMinimum": NUMBERS,
    "exclusiveMaximum": NUMBERS,
    "multipleOf": st.sampled_from([0.5, 1, 2, 3]),
    "minLength": COUNTS,
    "maxLength": COUNTS,
    "pattern": PATTERNS,
    "minItems": COUNTS,
    "maxItems": COUNTS,
    "uniqueItems": st.booleans(),
    "minProperties": COUNTS,
    "maxProperties": COUNTS,
    "required": st.lists(NAMES, max_size=2, unique=True),
    "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
    "default": st.sampled_from([0, "a"]),
}


_SCHEMA: Final = (
    *("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems"),
)


def _with(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(inner, min_size=1, max_size=3)
    keywords = {
        **_LEAF,
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), several),
        **dict.fromkeys(_SCHEMA, inner),
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "prefixItems": several,
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=2),
    }
    return _of(keywords)


def _of(keywords: dict[str, st.SearchStrategy[Json]]) -> st.SearchStrategy[Json]:
    chosen = st.lists(st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: keywords[key] for key in keys}))


SCHEMAS: Final = st.recursive(st.booleans() | _of(_LEAF), _with, max_leaves=6)
_REFERENCES: Final = {"$ref": st.sampled_from(["#", "#/$defs/a", "#/$defs/b"])}
_REFERRING: Final = st.recursive(
    _of(_LEAF) | _of({**_LEAF, **_REFERENCES}) | _of(_REFERENCES), _with, max_leaves=6
)
CIRCULAR: Final = st.builds(
    lambda root, one, other: {**root, "$defs": {"a": one, "b": other}}, _REFERRING, _REFERRING, _REFERRING
)
"""Schemas whose references mostly lead back. Some have no end."""


LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
MAPS: Final = ("properties", "patternProperties", "dependentSchemas", "$defs")
OTHERWISE: Final = {"allOf": "anyOf", "anyOf": "oneOf", "oneOf": "anyOf"}


@st.composite
def pairs(draw: st.DrawFn, schemas: st.SearchStrategy[Json] = SCHEMAS) -> tuple[Json, Json]:
    """Make a schema and one that may follow it: mostly a small change, so that many are compatible."""
    old = draw(schemas)
    return old, draw(schemas) if draw(st.integers(0, 4)) == 0 else draw(changed(old))


@st.composite
def changed(draw: st.DrawFn, schema: Json) -> Json:
    """Change a schema somewhere."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 4)) == 0:
        other = draw(SCHEMAS)
        return {**schema, **other} if isinstance(schema, dict) and isinstance(other, dict) else other
    key = draw(st.sampled_from(sorted(schema)))
    value = schema[key]
    without = {name: each for name, each in schema.items() if name != key}
    if draw(st.booleans()) and key != "$defs":
        return {**without, OTHERWISE[key]: value} if key in OTHERWISE and draw(st.booleans()) else without
    if key in LISTS:
        index = draw(st.integers(0, len(value)))
        new = draw(changed(value[index]) if index < len(value) else SCHEMAS)
        return {**schema, key: [*value[:index], new, *value[index + 1 :]]}
    if key in MAPS and value:
        name = draw(st.sampled_from(sorted(value)))
        return {**schema, key: {**value, name: draw(changed(value[name]))}}
    if key in _SCHEMA:
        return {**schema, key: draw(changed(value))}
    return {**schema, key: draw(_LEAF[key])} if key in _LEAF else without


def as_the_registry_reads(schema: Json) -> Json:
    """Relax a schema as the registry does: see the exceptions in `test_soundness`."""
    if isinstance(schema, list):
        return [as_the_registry_reads(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "oneOf":
            relaxed.setdefault("allOf", [])
            relaxed["allOf"] = [*relaxed["allOf"], {"anyOf": as_the_registry_reads(value)}]
        elif key == "allOf":
            relaxed["allOf"] = [*relaxed.get("allOf", []), *as_the_registry_reads(value)]
        elif key in MAPS:
            relaxed[key] = {name: as_the_registry_reads(each) for name, each in value.items()}
        elif key == "required":
            described = schema.get("properties", {})
            relaxed[key] = [name for name in value if not _let_off(name, described)]
        elif key in ("not", "if", "enum", "const", "default", "dependentRequired"):
            relaxed[key] = value
        else:
            relaxed[key] = as_the_registry_reads(value)
    return relaxed


def _let_off(name: str, described: dict[str, Json]) -> bool:
    if name not in described:
        return bool(described)
    return isinstance(described[name], dict) and "default" in described[name]


def as_draft_7(schema: Json) -> Json:
    """Write a schema of Draft 2020-12 as one of Draft 7, without what that does not know."""
    if not isinstance(schema, dict):
        return schema
    written: dict[str, Json] = {}
    for key, value in schema.items():
        if key in LISTS:
            written[key] = [as_draft_7(each) for each in value]
        elif key in MAPS:
            written[key] = {name: as_draft_7(each) for name, each in value.items()}
        elif key == "$ref":
            written[key] = value.replace("$defs", "definitions")
        elif key not in ("unevaluatedItems", "unevaluatedProperties", "minContains", "maxContains"):
            written[key] = as_draft_7(value) if key in _SCHEMA else value
    if "prefixItems" in written:
        if "items" in written:
            written["additionalItems"] = written.pop("items")
        written["items"] = written.pop("prefixItems")
    if "dependentRequired" in written or "dependentSchemas" in written:
        written["dependencies"] = written.pop("dependentRequired", {}) | written.pop("dependentSchemas", {})
    if "$defs" in written:
        written["definitions"] = written.pop("$defs")
    return written


def as_draft_4(schema: Json) -> Json:
    """Write a schema of Draft 7 as one of Draft 4, without what that does not know."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if isinstance(schema, list):
        return [as_draft_4(each) for each in schema]
    written: dict[str, Json] = {}
    for key, value in schema.items():
        if key in (*LISTS, "not", "items", "additionalItems", "additionalProperties"):
            written[key] = as_draft_4(value)
        elif key in (*MAPS, "definitions"):
            written[key] = {name: as_draft_4(each) for name, each in value.items()}
        elif key == "dependencies":
            kept = {name: each for name, each in value.items() if each != []}
            written[key] = {
                name: each if isinstance(each, list) else as_draft_4(each) for name, each in kept.items()
            }
        elif key == "const":
            written["enum"] = [value]
        elif key not in ("contains", "propertyNames", "if", "then", "else") and (key, value) != (
            "required",
            [],
        ):
            written[key] = value
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in written:
            written |= {inclusive: written[exclusive], exclusive: True}
    return written
