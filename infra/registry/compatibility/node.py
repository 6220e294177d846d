"""A schema in one form, whatever its draft: what it asks of values of each kind, and the schemas it is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

from infra.registry.compatibility.dialects import Dialect, Schema
from infra.registry.compatibility.evaluated import Evaluated
from infra.registry.compatibility.references import Resolver
from infra.registry.compatibility.result import Path
from infra.registry.compatibility.values import EVERY_KIND, Json, Kind, fingerprint, kinds_of, number

if TYPE_CHECKING:
    from infra.registry.compatibility.documents import Document

PROSE: Final = frozenset({"title", "description", "$comment", "examples", "default", "deprecated"})
"""Keywords that say nothing of values."""
REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
LINKS: Final = frozenset({"$ref", "$dynamicRef", "allOf"})
"""Keywords that only name other schemas that hold, too."""
TEXTS: Final = ("format", "contentEncoding", "contentMediaType")
"""What only a name tells of a string. Two names are two meanings, whether or not validators look at them."""
_ASSERTIONS: Final = frozenset(
    {
        *("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "type", "enum", "const"),
        *("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"),
        *("maxLength", "minLength", "pattern", *TEXTS),
        *("items", "prefixItems", "contains", "maxItems", "minItems", "uniqueItems", "unevaluatedItems"),
        *("maxProperties", "minProperties", "required", "properties", "patternProperties"),
        *("additionalProperties", "propertyNames", "dependentRequired", "dependentSchemas"),
        *("unevaluatedProperties",),
    }
)
"""Keywords that say something of values."""


@dataclass(frozen=True)
class Bound:
    """A limit of numbers, with or without itself."""

    at: Fraction
    exclusive: bool
    text: str


@dataclass(frozen=True)
class Condition:
    """`if`, and what then or else has to hold."""

    test: Node
    then: Node | None
    otherwise: Node | None


class Node:
    """One schema of a document."""

    def __init__(
        self, document: Document, contents: bool | Schema, dialect: Dialect, resolver: Resolver, path: Path
    ) -> None:
        self.document = document
        self.contents = contents
        self.dialect = dialect
        self.resolver = resolver
        self.path = path

    def subschemas(self) -> Iterator[tuple[str, Json, Path]]:
        """Go through the schemas right inside this one."""
        return self.dialect.subschemas(self.contents) if isinstance(self.contents, Mapping) else iter(())

    @cached_property
    def says(self) -> Schema:
        """The keywords that count, as those of Draft 2020-12."""
        return self.dialect.modern(self.contents) if isinstance(self.contents, Mapping) else {}

    @cached_property
    def refuses_all(self) -> bool:
        """Whether this is the schema `false`."""
        return self.contents is False

    @cached_property
    def text(self) -> str:
        """The schema as text, equal where nothing differs but what it tells people."""
        contents = self.contents
        said = (
            {key: contents[key] for key in contents if key not in PROSE}
            if isinstance(contents, Mapping)
            else contents
        )
        return json.dumps(said, sort_keys=True)

    def equals(self, other: Node) -> bool:
        """Tell whether another schema is the same, word for word. One with references may not mean the same."""
        return (
            self.dialect is other.dialect
            and self.text == other.text
            and not any(f'"{key}"' in self.text for key in REFERENCES)
        )

    @cached_property
    def asserts(self) -> frozenset[str]:
        """The keywords that say something of values."""
        return frozenset(self.says.keys() & _ASSERTIONS)

    @cached_property
    def silent(self) -> bool:
        """Whether no keyword says anything of values."""
        return not self.refuses_all and not self.asserts

    def _one(self, key: str) -> Node | None:
        return self._node(self.says[key], key) if key in self.says else None

    def _node(self, contents: Json, *steps: str) -> Node:
        return self.document.inside(self, contents, (*self.path, *steps))

    def _many(self, key: str) -> tuple[Node, ...]:
        return tuple(self._node(each, key, str(index)) for index, each in enumerate(self.says.get(key, ())))

    def _named(self, key: str) -> dict[str, Node]:
        return {name: self._node(each, key, name) for name, each in self.says.get(key, {}).items()}

    # In place: what has to hold for the same value.

    @cached_property
    def targets(self) -> tuple[Node, ...]:
        """What references point to."""
        return tuple(self.document.targets(self))

    @cached_property
    def all_of(self) -> tuple[Node, ...]:
        """The schemas of `allOf`."""
        return self._many("allOf")

    @cached_property
    def any_of(self) -> tuple[Node, ...]:
        """The schemas of `anyOf`."""
        return self._many("anyOf")

    @cached_property
    def one_of(self) -> tuple[Node, ...]:
        """The schemas of `oneOf`."""
        return self._many("oneOf")

    @cached_property
    def negated(self) -> Node | None:
        """The schema of `not`."""
        return self._one("not")

    @cached_property
    def condition(self) -> Condition | None:
        """`if` with `then` and `else`, of which at least one is there."""
        test, then, otherwise = self._one("if"), self._one("then"), self._one("else")
        return Condition(test, then, otherwise) if test and (then or otherwise) else None

    @cached_property
    def dependent(self) -> dict[str, Node]:
        """What has to hold for an object that has a property."""
        return self._named("dependentSchemas")

    @property
    def certain(self) -> tuple[Node, ...]:
        """All schemas that have to hold wherever this one does."""
        return self.targets + self.all_of

    @property
    def in_place(self) -> tuple[Node, ...]:
        """All schemas that may have to be tried on the same value."""
        others = (self.negated, *(self._one(key) for key in ("if", "then", "else")))
        branches = self.any_of + self.one_of + tuple(self.dependent.values())
        return self.certain + branches + tuple(each for each in others if each)

    # Of values of any kind.

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of values that `type` allows."""
        return kinds_of(self.says["type"]) if "type" in self.says else EVERY_KIND

    @cached_property
    def values(self) -> tuple[Json, ...] | None:
        """The values of `enum` and `const`, as they are written."""
        if "const" not in self.says:
            return tuple(self.says["enum"]) if "enum" in self.says else None
        constant = self.says["const"]
        others = {fingerprint(each) for each in self.says.get("enum", [constant])}
        return (constant,) if fingerprint(constant) in others else ()

    @cached_property
    def has_default(self) -> bool:
        """Whether a reader has a value to take where there is none."""
        own = isinstance(self.contents, Mapping) and "default" in self.contents
        return own or any(each.has_default for each in self.targets)

    @cached_property
    def connect_bytes(self) -> bool:
        """Whether Kafka Connect writes bytes here, for which it has more than one type."""
        return isinstance(self.contents, Mapping) and self.contents.get("connect.type") == "bytes"

    # Of numbers and strings.

    def bounds(self, inclusive: str, exclusive: str) -> Iterator[Bound]:
        """Go through the limits on one side, such as `maximum` and `exclusiveMaximum`."""
        for key in (inclusive, exclusive):
            if key in self.says:
                yield Bound(number(self.says[key]), key == exclusive, str(self.says[key]))

    def limit(self, key: str) -> int | None:
        """Read a count, such as `maxLength`."""
        return int(number(self.says[key])) if key in self.says else None

    @cached_property
    def multiple_of(self) -> Fraction | None:
        """What numbers are multiples of."""
        return number(self.says["multipleOf"]) if "multipleOf" in self.says else None

    # Of arrays.

    @cached_property
    def prefix(self) -> tuple[Node, ...]:
        """The schemas of the first items."""
        return self._many("prefixItems")

    @cached_property
    def items(self) -> Node | None:
        """The schema of the items that follow."""
        return self._one("items")

    @cached_property
    def contains(self) -> Node | None:
        """The schema that some items have to have."""
        return self._one("contains")

    @cached_property
    def unevaluated_items(self) -> Node | None:
        """The schema of items that nothing else looks at."""
        return self._one("unevaluatedItems")

    # Of objects.

    @cached_property
    def properties(self) -> dict[str, Node]:
        """The schemas of properties."""
        return self._named("properties")

    @cached_property
    def patterns(self) -> dict[str, Node]:
        """The schemas of properties whose names match."""
        return self._named("patternProperties")

    @cached_property
    def additional(self) -> Node | None:
        """The schema of all other properties."""
        return self._one("additionalProperties")

    @cached_property
    def names(self) -> Node | None:
        """The schema of the properties' names."""
        return self._one("propertyNames")

    @cached_property
    def unevaluated(self) -> Node | None:
        """The schema of properties that nothing else looks at."""
        return self._one("unevaluatedProperties")

    @cached_property
    def required(self) -> frozenset[str]:
        """The properties that have to be there."""
        return frozenset(self.says.get("required", ()))

    @cached_property
    def needs(self) -> dict[str, frozenset[str]]:
        """The properties that have to be there where another is."""
        return {name: frozenset(each) for name, each in self.says.get("dependentRequired", {}).items()}

    @cached_property
    def certainly_evaluated(self) -> Evaluated:
        """What is looked at for every value that is valid."""
        return self.evaluated({each: each.certainly_evaluated for each in self.certain})

    @cached_property
    def possibly_evaluated(self) -> Evaluated:
        """What may be looked at for some values."""
        inner = (each for each in self.in_place if each is not self.negated)
        contained = Evaluated(all_items=self.contains is not None and self.dialect.contains_evaluates)
        return self.evaluated({each: each.possibly_evaluated for each in inner}) | contained

    def evaluated(self, inner: Mapping[Node, Evaluated]) -> Evaluated:
        """Tell what is looked at, if that is what schemas in this one's place look at."""
        found = Evaluated(
            frozenset(self.properties),
            frozenset(self.patterns),
            len(self.prefix),
            self.additional is not None or any(each.unevaluated for each in inner),
            self.items is not None or any(each.unevaluated_items for each in inner),
        )
        for each in inner.values():
            found |= each
        return found
