"""What resolves references. The classes of `referencing` that do are not public, and this is what they offer."""

from __future__ import annotations

from typing import Protocol

from referencing.jsonschema import SchemaResource

from infra.registry.compatibility.values import Json


class Found(Protocol):
    """A schema that a reference points to."""

    @property
    def contents(self) -> Json:
        """The schema."""

    @property
    def resolver(self) -> Resolver:
        """What finds the schemas that it refers to in turn."""


class Resolver(Protocol):
    """What finds the schema that a reference points to, from where the reference stands."""

    def lookup(self, ref: str) -> Found:
        """Find it, or raise an error of `referencing`."""

    def in_subresource(self, subresource: SchemaResource) -> Resolver:
        """Make a resolver for a schema inside, which may have an identifier of its own."""
