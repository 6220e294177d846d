"""The fields of a message, by the paths that people say: `data.price.amount`, `data.answers[quote].price`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Final

Json = dict[str, Any]

ROOT: Final = "the message"
ANYTHING: Final = "anything"
_ENVELOPE: Final = ""


@dataclass(frozen=True)
class Field:
    """A field of a message, or one choice of several that a value may be, such as `data.answers[quote]`."""

    path: str
    written: tuple[Json, ...]
    """What it has to be, all at once."""
    schemas: tuple[Json, ...]
    """The same, with all that these refer to and consist of."""
    required: bool
    chosen: bool = False
    """It is one choice."""

    @property
    def parent(self) -> str:
        """The path of what it is a field of."""
        return self.path[: max(self.path.rfind("."), self.path.rfind("["), 0)]

    @property
    def open(self) -> bool:
        """Whether it may have more fields than are described."""
        rests = [each[key] for each in self.schemas for key in _RESTS if key in each]
        return all(rest is True for rest in rests)

    @property
    def text(self) -> str:
        """Its schema in short, for people."""
        merged = {key: value for schema in self.schemas for key, value in schema.items()}
        parts = [str(merged.get("type", "")), *(f"{key} {merged[key]}" for key in _SAID if key in merged)]
        return shorten(", ".join(filter(None, parts)) or ANYTHING, 80, placeholder=" …")

    @property
    def called(self) -> str:
        """What it would be called as one choice of several."""
        return _label(self.schemas, "")

    def alone(self, root: Json) -> Json:
        """Make a document of its schema, which is a part of another."""
        own = self.written[0] if len(self.written) == 1 else {"allOf": list(self.written)}
        return {"$schema": root["$schema"], **own, "$defs": root.get("$defs", {})}


_RESTS: Final = ("additionalProperties", "unevaluatedProperties")
_SAID: Final = ("const", "enum", "format", "pattern", "minimum", "maximum", "minLength", "maxLength")


def fields(schema: Json) -> dict[str, Field]:
    """List the fields of a message's schema by their paths, those in other fields, too. The message itself is `""`."""
    whole = Field(_ENVELOPE, (schema,), _resolved(schema, schema), required=True)
    return {field.path: field for field in _inside(whole, schema, ())}


def name_in(path: str) -> str:
    """Take the field's own name from its path."""
    return re.sub(r"\[[^]]*\]$", "", path).rpartition(".")[2]


def within(path: str, other: str) -> bool:
    """Say whether a field is another, or is in it."""
    return path == other or path.startswith((f"{other}.", f"{other}["))


def spoken(pointer: str, schema: Json) -> str:
    """Say a JSON Pointer into a schema, whose references it follows, as the path of a field.

    `#/properties/data/properties/price/required/amount` is `data.price.amount`.
    """
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("#").split("/")[1:]]
    here, path = _resolved(schema, schema), _ENVELOPE
    while steps:
        match steps:
            case ["properties" | "required", name, *rest]:
                path = _below(path, name)
                here = _at([each.get("properties", {}) for each in here], name, schema)
            case ["items", *rest]:
                path, here = f"{path}[]", _at(here, "items", schema)
            case ["prefixItems", index, *rest]:
                path, here = f"{path}[{index}]", _at(_lists(here, "prefixItems"), index, schema)
            case ["anyOf" | "oneOf" as key, index, *rest]:
                here = _at(_lists(here, key), index, schema)
                path = _choice(path, _label(here, index))
            case ["allOf", _, *rest]:
                pass
            case _:
                break
        steps = rest
    return path or ROOT


def closed(schema: Json) -> Json:
    """Make the schema of what is really written: no publisher writes a field that its class does not have."""

    if schema.get("type") == "object" and "properties" in schema:
        schema = {"additionalProperties": False, **schema}
    return {key: _closed(part) for key, part in schema.items()}


def _closed(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    match part:
        case dict():
            return closed(part)
        case list():
            return [_closed(each) for each in part]
    return part


def _inside(field: Field, root: Json, above: tuple[int, ...]) -> Iterator[Field]:
    """Go through a field and all in it, but not again into a schema that it is in."""
    yield field
    for schema in field.schemas:
        if id(schema) in above:
            return
    above = (*above, *(id(schema) for schema in field.schemas if "properties" in schema))
    names = dict.fromkeys(name for schema in field.schemas for name in schema.get("properties", {}))
    required = {name for schema in field.schemas for name in schema.get("required", ())}
    for name in names:
        parts = [
            schema["properties"][name] for schema in field.schemas if name in schema.get("properties", {})
        ]
        inner = Field(_below(field.path, name), tuple(parts), _all(parts, root), name in required)
        yield from _inside(inner, root, above)
    for schema in field.schemas:
        for path, part, chosen in _parts(field.path, schema, root):
            yield from _inside(Field(path, (part,), _resolved(part, root), True, chosen), root, above)


def _parts(path: str, schema: Json, root: Json) -> Iterator[tuple[str, Json, bool]]:
    """Go through what a value is made of, or is one of: each with its path, and whether it is a choice."""
    if isinstance(schema.get("items"), dict):
        yield f"{path}[]", schema["items"], False
    for index, item in enumerate(schema.get("prefixItems", ())):
        yield f"{path}[{index}]", item, False
    if isinstance(schema.get("additionalProperties"), dict):
        yield _below(path, "*"), schema["additionalProperties"], False
    for part in schema.get("patternProperties", {}).values():
        yield _below(path, "*"), part, False
    for key in ("anyOf", "oneOf"):
        for index, part in enumerate(schema.get(key, ())):
            yield _choice(path, _label(_resolved(part, root), str(index))), part, True


def _resolved(schema: Json, root: Json) -> tuple[Json, ...]:
    """Follow references, and take `allOf` apart."""
    found: list[Json] = [schema]
    if "$ref" in schema:
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        found += _resolved(target, root)
    for part in schema.get("allOf", ()):
        found += _resolved(part, root)
    return tuple(found)


def _all(parts: Sequence[Json], root: Json) -> tuple[Json, ...]:
    return tuple(each for part in parts for each in _resolved(part, root))


def _at(mappings: Sequence[Json], key: str, root: Json) -> tuple[Json, ...]:
    return _all([each[key] for each in mappings if isinstance(each.get(key), dict)], root)


def _lists(here: Sequence[Json], key: str) -> list[Json]:
    return [{str(index): part for index, part in enumerate(each.get(key, ()))} for each in here]


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _choice(path: str, label: str) -> str:
    return f"{path.removesuffix('[]')}[{label}]"


def _label(choice: Sequence[Json], index: str) -> str:
    """What people call one of several choices: by the constant that tells it from the others, or by its title."""
    for schema in choice:
        for part in schema.get("properties", {}).values():
            if "const" in part:
                return str(part["const"])
    return next((str(schema["title"]) for schema in choice if "title" in schema), index)
