"""A schema as a whole: checked, with its references resolved. Nothing is ever fetched for it."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from jsonschema_specifications import REGISTRY
from referencing.exceptions import InvalidAnchor, NoSuchAnchor, PointerToNowhere, Unresolvable

from infra.registry.compatibility import dialects
from infra.registry.compatibility.node import Node
from infra.registry.compatibility.references import Resolver
from infra.registry.compatibility.result import Path, Unusable, pointer
from infra.registry.compatibility.values import Json

MANY_SCHEMAS: Final = 20_000
"""More schemas in one document than this are refused: checking them would take long."""


class Document:
    """A schema with all schemas in it. `name` is what messages call it."""

    def __init__(self, contents: Json, name: str) -> None:
        if not isinstance(contents, (bool, Mapping)):
            raise Unusable(f"{name} is no JSON Schema: it is neither an object nor true or false.")
        try:
            json.dumps(contents, allow_nan=False)
        except ValueError:
            raise Unusable(f"{name} has a number that is too large.") from None
        except RecursionError:
            raise Unusable(f"{name} is nested too deeply.") from None
        self.name = name
        self._valid: set[tuple[int, str]] = set()
        self.unresolved: dict[str, Path] = {}
        """References to other documents, and where each stands."""
        self._nodes: dict[int, Node] = {}
        dialect = self._dialect(contents)
        self._check_alone(contents, dialect, ())
        with self._readable_identifiers(()):
            resolver = REGISTRY.resolver_with_root(dialect.resource(contents))
        self.root = self._nodes[id(contents)] = Node(self, contents, dialect, resolver, ())
        self._check(self.root)
        self._refuse_endless()

    def _dialect(self, contents: Json) -> dialects.Dialect:
        if not isinstance(contents, Mapping) or "$schema" not in contents:
            return dialects.guessed(contents)
        if (found := dialects.named(contents["$schema"])) is None:
            raise Unusable(f"{self.name} is of a draft that is not known: {contents['$schema']!r}.")
        return found

    def inside(self, parent: Node, contents: Json, path: Path) -> Node:
        """Find or make the node of a schema inside another."""
        return self._nodes.get(id(contents)) or self._add(contents, parent, path)

    def _add(self, contents: Json, parent: Node, path: Path, resolver: Resolver | None = None) -> Node:
        if not isinstance(contents, (bool, Mapping)):
            raise Unusable(f"{self.name}: {pointer(path)} is no schema.")
        dialect = parent.dialect
        if isinstance(contents, Mapping):
            dialect = dialects.named(contents.get("$schema")) or dialect
            self._check_alone(contents, dialect, path)
            with self._readable_identifiers(path):
                resolver = resolver or parent.resolver.in_subresource(dialect.resource(contents))
        found = Node(self, contents, dialect, resolver or parent.resolver, path)
        self._nodes[id(contents)] = found
        return found

    @contextmanager
    def _readable_identifiers(self, path: Path) -> Generator[None, None, None]:
        try:
            yield
        except ValueError as error:
            raise Unusable(f"{self.name}: {pointer(path)} has no readable identifier: {error}.") from None

    def _check(self, start: Node) -> None:
        """Find all schemas in one and all that they refer to, each of which is checked.

        One by one, as a deep schema must not be too deep to check, and references last, as they trust the rest.
        """
        unchecked, referring, seen = [start], [start], {start}
        while unchecked or referring:
            if unchecked:
                node = unchecked.pop()
                reached = [
                    self.inside(node, each, (*node.path, *steps)) for _, each, steps in node.subschemas()
                ]
            else:
                reached = list(referring.pop().targets)
            new = [each for each in dict.fromkeys(reached) if each not in seen]
            seen.update(new)
            unchecked += new
            referring += new
            if len(seen) > MANY_SCHEMAS:
                raise Unusable(f"{self.name} is too large: it has more than {MANY_SCHEMAS} schemas.")

    def _check_alone(self, contents: Json, dialect: dialects.Dialect, path: Path) -> None:
        """Check a schema without those in it. What looks like one that was checked is not checked again."""
        if isinstance(contents, bool):
            return
        shallow = dialect.shallow(contents)
        seen = (id(dialect), json.dumps(shallow, sort_keys=True))
        if seen in self._valid:
            return
        self._valid.add(seen)
        for problem in dialect.metaschema.iter_errors(shallow):
            where = pointer((*path, *(str(step) for step in problem.path)))
            raise Unusable(f"{self.name} is no valid JSON Schema: {where}: {problem.message[:200]}")

    def targets(self, node: Node) -> list[Node]:
        """Find what the references of a schema point to."""
        references = [node.says[key] for key in ("$ref", "$dynamicRef") if key in node.says]
        return [target for each in references for target in self._target(node, each)]

    def _target(self, node: Node, reference: Json) -> Iterator[Node]:
        try:
            found = node.resolver.lookup(reference)
        except (PointerToNowhere, NoSuchAnchor, InvalidAnchor):
            raise Unusable(
                f"{self.name}: {pointer(node.path)} refers to {reference!r}, which is not there."
            ) from None
        except Unresolvable:
            self.unresolved.setdefault(reference, node.path)
            return
        except (ValueError, TypeError, AttributeError) as error:
            raise Unusable(f"{self.name}: {pointer(node.path)} refers to {reference!r}: {error}.") from None
        known = self._nodes.get(id(found.contents))
        yield known or self._add(found.contents, node, node.path, found.resolver)

    def _refuse_endless(self) -> None:
        """Refuse a schema that has to hold for a value before it can be told whether it holds for the same value."""
        done: set[Node] = set()
        for start in list(self._nodes.values()):
            trail = [(start, iter(start.in_place))]
            open_: set[Node] = {start}
            while trail and start not in done:
                node, rest = trail[-1]
                if (following := next(rest, None)) is None:
                    done.add(node)
                    open_.discard(node)
                    trail.pop()
                elif following in open_:
                    raise Unusable(f"{self.name}: {pointer(following.path)} refers to itself without an end.")
                elif following not in done:
                    open_.add(following)
                    trail.append((following, iter(following.in_place)))
