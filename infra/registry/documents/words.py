"""The fields of a schema in words, for people who do not read schemas."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from infra.registry.documents.rewriting import Json
from wild_rydes_contracts.scalars import Amount, ConversationId, ResponderId, Text, TimeZone


@dataclass(frozen=True)
class Row:
    """A field: its name with those around it, what it is, and what it means."""

    name: str
    type: str
    required: bool
    bounds: str
    meaning: str


def in_words(duration: timedelta) -> str:
    """Say how long something is, in its largest unit that needs no fraction: `15 minutes`."""
    seconds = round(duration.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    amount = seconds // size
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _pattern(annotation: Any) -> str:  # noqa: ANN401 - any type of a text
    schema = TypeAdapter(annotation).json_schema(mode="serialization")
    return str((schema.get("anyOf") or [schema])[0]["pattern"])


_PATTERNS: Final = {
    _pattern(ConversationId): "letters, digits and `._:/#-`, at most 128",
    _pattern(ResponderId): "small letters, digits and `-`, 2 to 32",
    _pattern(Text): "one line",
    _pattern(TimeZone): "`Area/Place`",
    _pattern(Amount): "like `12.50`",
    r"^[A-Z]{3}$": "three capital letters",
    r"^[a-z0-9-]{1,40}$": "small letters, digits and `-`, at most 40",
}
_FORMATS: Final = {"date": "day", "date-time": "instant", "uuid": "UUID"}
_TYPES: Final = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "object",
    "string": "text",
}


def rows(schema: Json, definitions: Json, before: str = "") -> Iterator[Row]:
    """Go through the fields of an object, those of the objects in it included."""
    for name, field in schema.get("properties", {}).items():
        whole = _resolved(field, definitions)
        inner = _resolved(whole["items"], definitions) if "items" in whole else whole
        alternatives = [_resolved(each, definitions) for each in inner.get("oneOf", ())]
        path = f"{before}{name}"
        yield Row(
            path,
            _type(whole, inner, alternatives),
            name in schema.get("required", ()),
            _bounds(whole) or _bounds(inner),
            str(field.get("description", _own_words(whole))),
        )
        below = f"{path}[]." if "items" in whole else f"{path}."
        for alternative in alternatives or [inner]:
            kind = alternative["title"].lower() if alternatives else ""
            for row in rows(alternative, definitions, below):
                yield Row(row.name, row.type, row.required, row.bounds, _joined(kind, row.meaning))


def _joined(kind: str, meaning: str) -> str:
    return f"{kind}: {meaning}".strip(": ") if kind else meaning


def _own_words(schema: Json) -> str:
    return str(schema.get("description", "")).partition("\n")[0]


def _resolved(schema: Json, definitions: Json) -> Json:
    if "$ref" not in schema:
        return schema
    return {**definitions[schema["$ref"].removeprefix("#/$defs/")], **schema}


def _type(whole: Json, inner: Json, alternatives: list[Json]) -> str:
    if alternatives:
        one = " or ".join(each["title"].lower() for each in alternatives)
    elif "const" in inner or "enum" in inner:
        one = "one of these" if len(inner.get("enum", "")) > 1 else "constant"
    else:
        one = _FORMATS.get(inner.get("format", ""), _TYPES.get(inner.get("type", ""), "anything"))
    return f"list of {one}" if whole is not inner else one


def _bounds(schema: Json) -> str:
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return ", ".join(f"`{value}`" for value in values)
    said = [
        _range(schema.get("minimum"), schema.get("maximum"), ""),
        _range(schema.get("minLength"), schema.get("maxLength"), " characters"),
        _range(schema.get("minItems"), schema.get("maxItems"), ""),
        _PATTERNS.get(schema.get("pattern", ""), f"`{schema.get('pattern')}`") if "pattern" in schema else "",
    ]
    return ", ".join(filter(None, said))


def _range(least: float | None, most: float | None, unit: str) -> str:
    match least, most:
        case None, None:
            return ""
        case None, _:
            return f"at most {most:,}{unit}"
        case _, None:
            return f"at least {least:,}{unit}"
    return f"{least:,} to {most:,}{unit}"
