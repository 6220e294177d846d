"""The drafts of JSON Schema: which keywords each knows, and how to write a schema of any of them as Draft 2020-12.

A keyword that a draft does not know says nothing in it, as validators have it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema.protocols import Validator
from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012, SchemaResource

from infra.registry.compatibility.values import Json

Schema: TypeAlias = Mapping[str, Json]

ONE: Final = frozenset(
    {
        *("items", "additionalItems", "contains", "unevaluatedItems"),
        *("additionalProperties", "propertyNames", "unevaluatedProperties"),
        *("not", "if", "then", "else"),
    }
)
"""Keywords that hold a schema."""
MANY: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
"""Keywords that hold a list of schemas."""
NAMED: Final = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"}
)
"""Keywords that hold schemas by name."""

_DRAFT4: Final = frozenset(
    {
        *("$schema", "id", "$ref", "definitions", "title", "description", "default", "format"),
        *("type", "enum", "allOf", "anyOf", "oneOf", "not"),
        *("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"),
        *("maxLength", "minLength", "pattern"),
        *("items", "additionalItems", "maxItems", "minItems", "uniqueItems"),
        *("maxProperties", "minProperties", "required", "properties", "patternProperties"),
        *("additionalProperties", "dependencies"),
    }
)
_DRAFT6: Final = (_DRAFT4 - {"id"}) | {"$id", "const", "contains", "propertyNames"}
_DRAFT7: Final = _DRAFT6 | {"if", "then", "else", "contentEncoding", "contentMediaType"}
_DRAFT2019: Final = (_DRAFT7 - {"dependencies"}) | {
    *("$anchor", "$defs", "$recursiveRef", "dependentRequired", "dependentSchemas"),
    *("unevaluatedItems", "unevaluatedProperties", "maxContains", "minContains"),
}
_DRAFT2020: Final = (_DRAFT2019 - {"$recursiveRef", "additionalItems"}) | {"$dynamicRef", "prefixItems"}


@dataclass(frozen=True)
class Dialect:
    """A draft. Up to Draft 7, nothing that stands beside a `$ref` counts."""

    validator: type[Validator]
    resource: Callable[[Json], SchemaResource]
    keywords: frozenset[str]
    siblings_count: bool = False
    contains_evaluates: bool = False
    metaschema: Validator = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metaschema", self.validator(self.validator.META_SCHEMA))

    def known(self, schema: Schema) -> Schema:
        """Keep what counts of a schema in this draft."""
        if "$ref" in schema and not self.siblings_count:
            return {"$ref": schema["$ref"]}
        return {key: value for key, value in schema.items() if key in self.keywords}

    def subschemas(self, schema: Schema) -> Iterator[tuple[str, Json, tuple[str, ...]]]:
        """Go through the schemas right inside one: the keyword, the schema, and the steps to it."""
        for key, value in self.known(schema).items():
            if key in MANY and isinstance(value, list):
                yield from ((key, each, (key, str(index))) for index, each in enumerate(value))
            elif key in NAMED and isinstance(value, Mapping):
                inside = value.items()
                yield from ((key, each, (key, name)) for name, each in inside if not isinstance(each, list))
            elif key in ONE:
                yield key, value, (key,)

    def shallow(self, schema: Schema) -> Schema:
        """Put an empty schema in the place of the inner ones, so that a schema can be checked without them."""
        copy = dict(self.known(schema))
        for key, value in copy.items():
            if key in NAMED and isinstance(value, Mapping):
                copy[key] = {name: each for name, each in value.items() if isinstance(each, list)}
            elif key in MANY and isinstance(value, list):
                copy[key] = [{}] if value else value
            elif key in ONE:
                copy[key] = {}
        return copy

    def modern(self, schema: Schema) -> Schema:
        """Write a schema with the keywords of Draft 2020-12."""
        schema = dict(self.known(schema))
        if isinstance(schema.get("items"), list):
            schema["prefixItems"] = schema.pop("items")
        if "additionalItems" in schema:
            # Without `items` it says nothing to validators, and to the registry what it would say after them.
            schema.setdefault("items", schema.pop("additionalItems"))
        for exclusive, inclusive in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
            if isinstance(schema.get(exclusive), bool):
                bound = schema.pop(exclusive)
                if bound and inclusive in schema:
                    schema[exclusive] = schema.pop(inclusive)
        if "dependencies" in schema:
            needs = schema.pop("dependencies").items()
            schema["dependentRequired"] = {name: each for name, each in needs if isinstance(each, list)}
            schema["dependentSchemas"] = {name: each for name, each in needs if not isinstance(each, list)}
        if "$recursiveRef" in schema:
            schema["$dynamicRef"] = schema.pop("$recursiveRef")
        return schema


DRAFT_4: Final = Dialect(Draft4Validator, DRAFT4.create_resource, _DRAFT4)
DRAFT_7: Final = Dialect(Draft7Validator, DRAFT7.create_resource, _DRAFT7)
DRAFT_2020_12: Final = Dialect(
    Draft202012Validator,
    DRAFT202012.create_resource,
    _DRAFT2020,
    siblings_count=True,
    contains_evaluates=True,
)
_BY_URI: Final = {
    "json-schema.org/draft-04/schema": DRAFT_4,
    "json-schema.org/draft-06/schema": Dialect(Draft6Validator, DRAFT6.create_resource, _DRAFT6),
    "json-schema.org/draft-07/schema": DRAFT_7,
    "json-schema.org/draft/2019-09/schema": Dialect(
        Draft201909Validator, DRAFT201909.create_resource, _DRAFT2019, siblings_count=True
    ),
    "json-schema.org/draft/2020-12/schema": DRAFT_2020_12,
}
_LIMITS: Final = ("exclusiveMaximum", "exclusiveMinimum")
_ONLY_NEW: Final = _DRAFT2020 - _DRAFT7
_ONLY_OLD: Final = frozenset({"additionalItems", "dependencies", "definitions"})


def named(uri: Json) -> Dialect | None:
    """Find the draft that `$schema` names."""
    return _BY_URI.get(str(uri).partition("://")[2].removesuffix("#")) if isinstance(uri, str) else None


def guessed(schema: Json) -> Dialect:
    """Guess the draft of a document that names none: Draft 7, as Confluent does, unless it says what only others know."""
    seen: set[str] = set()
    pending, old, oldest = [schema], False, False
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending += each
        elif isinstance(each, Mapping):
            seen.update(each)
            old = old or isinstance(each.get("items"), list)
            oldest = oldest or any(isinstance(each.get(key), bool) for key in _LIMITS)
            pending += (value for key, value in each.items() if key in ONE | MANY)
            pending += (
                value for key in NAMED if isinstance(each.get(key), Mapping) for value in each[key].values()
            )
    if oldest:
        return DRAFT_4
    return DRAFT_2020_12 if seen & _ONLY_NEW and not (old or seen & _ONLY_OLD) else DRAFT_7
