"""Instances of a published schema, with and without what is optional."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from infra.registry.fields import Json

_Strategy: TypeAlias = st.SearchStrategy[Any]

_MOST: Final = 3
"""Items in a list, which may have more."""


_FULLEST: Final = 20
"""Items in a list that is as long as it may be. A longer one takes too long to make."""
_LONG: Final = 1000
"""Characters of a text without a limit."""
_INSTANTS: Final = ("2020-01-01T00:00:00.000Z", "2099-12-31T00:00:00.000Z")
"""The first and the last that a message takes."""


def instances(schema: Json) -> _Strategy:
    """Make instances of a schema such as pydantic makes them of a class."""
    return _of(schema, schema)


def _of(schema: Json, root: Json) -> _Strategy:
    merged = _merged(schema, root)
    if choices := merged.get("anyOf") or merged.get("oneOf"):
        return st.one_of(*[_of(choice, root) for choice in choices])
    if "const" in merged:
        return st.just(merged["const"])
    if values := merged.get("examples") or merged.get("enum"):
        return st.sampled_from(values)
    return _KINDS[merged.get("type", "null")](merged, root)


def _object(schema: Json, root: Json) -> _Strategy:
    fields = {
        name: st.deferred(lambda part=part: _of(part, root))  # type: ignore[misc]
        for name, part in schema.get("properties", {}).items()
    }
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


def _array(schema: Json, root: Json) -> _Strategy:
    least = schema.get("minItems", 0)
    most = max(least, min(schema.get("maxItems", _MOST), _MOST))
    items = _of(schema.get("items", {}), root)
    fullest = schema.get("maxItems", most)
    return st.one_of(
        st.lists(items, min_size=least, max_size=most),
        *([st.lists(items, min_size=fullest, max_size=fullest)] if most < fullest <= _FULLEST else []),
    )


def _text(schema: Json, _: Json) -> _Strategy:
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        usual = st.integers(20, 98).map(lambda year: f"20{year}-06-01T12:00:00.123Z")
        return st.one_of(usual, st.sampled_from(_INSTANTS))
    if schema.get("format") == "date":
        return st.integers(20, 98).map(lambda year: f"20{year}-06-01")
    longest = schema.get("maxLength")
    if "pattern" in schema:
        matching: _Strategy = st.from_regex(schema["pattern"], fullmatch=True)
        return matching if longest is None else matching.map(lambda text: text[:longest])
    shortest = schema.get("minLength", 0)
    usual = st.text(min_size=shortest, max_size=20 if longest is None else longest)
    return st.one_of(usual, st.sampled_from(["x" * shortest, "x" * (_LONG if longest is None else longest)]))


def _number(numbers: Callable[[Any, Any], _Strategy]) -> Callable[[Json, Json], _Strategy]:
    def within(schema: Json, _: Json) -> _Strategy:
        least, most = schema.get("minimum"), schema.get("maximum")
        edges = [each for each in (least, most) if each is not None]
        usual = numbers(least, most)
        return st.one_of(usual, st.sampled_from(edges)) if edges else usual

    return within


_KINDS: Final[Mapping[str, Callable[[Json, Json], _Strategy]]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "integer": _number(st.integers),
    "number": _number(partial(st.floats, allow_nan=False)),
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


def _merged(schema: Json, root: Json) -> Json:
    """Follow a reference, and put together what has to hold at once."""
    parts = [{key: value for key, value in schema.items() if key not in ("$ref", "allOf")}]
    if "$ref" in schema:
        target: Json = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        parts.append(_merged(target, root))
    parts += [_merged(part, root) for part in schema.get("allOf", ())]
    merged: Json = {}
    for part in reversed(parts):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**merged, **part, "properties": properties, "required": required}
    return merged
