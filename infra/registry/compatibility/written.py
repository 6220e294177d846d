"""All that is known of what was written: several schemas that hold at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from infra.registry.compatibility.evaluated import Evaluated
from infra.registry.compatibility.node import LINKS, Bound, Node
from infra.registry.compatibility.values import (
    ENUMERABLE,
    EVERY_KIND,
    NUMBERS,
    Json,
    Kind,
    fingerprint,
    kind_of,
    matches,
)

Choice: TypeAlias = tuple[Node, str]
"""A schema and its `anyOf` or `oneOf`."""


@dataclass(frozen=True)
class Written:
    """Schemas that all hold, with what they refer to and their `allOf`.

    `excluded` are schemas that do not hold. Of each of the choices `made`, one branch is among `nodes` already; whether
    others may hold as well is `overlapping`. Schemas that say nothing more are left out, so that what was written by
    different ways is the same.
    """

    nodes: frozenset[Node] = frozenset()
    excluded: frozenset[Node] = frozenset()
    made: frozenset[Choice] = frozenset()
    only: frozenset[Kind] = EVERY_KIND
    overlapping: bool = False
    order: tuple[Node, ...] = field(default=(), compare=False)

    @staticmethod
    def of(*nodes: Node, only: frozenset[Kind] = EVERY_KIND) -> Written:
        """Put together schemas that hold at once."""
        return Written(only=only).plus(*nodes)

    def plus(
        self,
        *nodes: Node,
        excluded: Iterable[Node] = (),
        made: Choice | None = None,
        only: frozenset[Kind] = EVERY_KIND,
    ) -> Written:
        """Add what else holds."""
        flat: dict[Node, None] = dict.fromkeys(self.order)
        pending = list(nodes)
        while pending:
            node = pending.pop(0)
            if node not in flat:
                flat[node] = None
                pending += node.certain
        choices = self.made | ({made} if made else set())
        order = tuple(node for node in flat if node.refuses_all or _says_more(node, choices))
        negated = (each.negated for each in order if each.negated)
        return Written(
            frozenset(order),
            self.excluded | frozenset(excluded) | frozenset(negated),
            frozenset((node, key) for node, key in choices if node in order),
            self.only & only,
            self.overlapping or (made is not None and made[1] == "anyOf" and len(made[0].any_of) > 1),
            order,
        )

    @cached_property
    def silent(self) -> bool:
        """Whether nothing is known."""
        return all(node.silent for node in self.nodes) and not self.excluded and self.only == EVERY_KIND

    def choices(self) -> Iterator[tuple[Choice, tuple[Node, ...]]]:
        """Go through the choices that are not made yet."""
        for node in self.order:
            for key, branches in (("anyOf", node.any_of), ("oneOf", node.one_of)):
                if branches and (node, key) not in self.made:
                    yield (node, key), branches

    def chosen(self, choice: Choice, branches: tuple[Node, ...], branch: Node) -> Written:
        """Make a choice. One branch of `oneOf` excludes the others."""
        others = [each for each in branches if each is not branch] if choice[1] == "oneOf" else []
        return self.plus(branch, excluded=others, made=choice)

    def looked_at(self, node: Node) -> Evaluated:
        """Tell what a schema may look at, with those in its place. It is not held to more where that is not certain."""
        if not (node.unevaluated or node.unevaluated_items):
            return node.certainly_evaluated  # which makes no difference
        return self._looked_at(node)

    def _looked_at(self, node: Node) -> Evaluated:
        inner = {
            each: self._looked_at(each) if each in node.certain else each.possibly_evaluated
            for each in node.in_place
            if each is not node.negated and each not in self.excluded
        }
        contained = Evaluated(all_items=node.contains is not None and node.dialect.contains_evaluates)
        return node.evaluated(inner) | contained

    # Of values of any kind.

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of values that there may be."""
        found = self.only
        for node in self.nodes:
            found &= node.kinds
        for node in self.excluded:
            if node.asserts == {"type"}:
                found -= node.kinds
        if self.as_written is not None:
            found &= {kind_of(value) for value in self.as_written}
        return found

    @cached_property
    def as_written(self) -> tuple[Json, ...] | None:
        """The values that `enum` and `const` list, whatever the other keywords make of them."""
        lists = [node.values for node in self.order if node.values is not None]
        if not lists:
            return None
        first, *others = lists
        allowed = [{fingerprint(value) for value in each} for each in others]
        return tuple(value for value in first if all(fingerprint(value) in each for each in allowed))

    @cached_property
    def candidates(self) -> tuple[Json, ...] | None:
        """The values there may be at most, where they can be listed."""
        if self.as_written is not None:
            return tuple(value for value in self.as_written if kind_of(value) in self.kinds)
        if self.kinds <= ENUMERABLE:
            both = ((Kind.NULL, None), (Kind.BOOLEAN, False), (Kind.BOOLEAN, True))
            return tuple(value for kind, value in both if kind in self.kinds)
        return None

    # Of numbers and strings.

    @cached_property
    def upper(self) -> Bound | None:
        """The lowest of the upper limits."""
        bounds = [bound for node in self.order for bound in node.bounds("maximum", "exclusiveMaximum")]
        found = min(bounds, key=lambda bound: (bound.at, not bound.exclusive), default=None)
        if found and NUMBERS & self.kinds == {Kind.INTEGER}:
            at = math.ceil(found.at) - 1 if found.exclusive else math.floor(found.at)
            return Bound(Fraction(at), exclusive=False, text=found.text)
        return found

    @cached_property
    def lower(self) -> Bound | None:
        """The highest of the lower limits."""
        bounds = [bound for node in self.order for bound in node.bounds("minimum", "exclusiveMinimum")]
        found = max(bounds, key=lambda bound: (bound.at, bound.exclusive), default=None)
        if found and NUMBERS & self.kinds == {Kind.INTEGER}:
            at = math.floor(found.at) + 1 if found.exclusive else math.ceil(found.at)
            return Bound(Fraction(at), exclusive=False, text=found.text)
        return found

    @cached_property
    def multiples(self) -> frozenset[Fraction]:
        """What all numbers are multiples of."""
        found = frozenset(node.multiple_of for node in self.nodes if node.multiple_of is not None)
        return found | ({Fraction(1)} if NUMBERS & self.kinds == {Kind.INTEGER} else set())

    def at_most(self, key: str) -> int | None:
        """Find the lowest of counts such as `maxLength`."""
        return min((limit for node in self.nodes if (limit := node.limit(key)) is not None), default=None)

    def at_least(self, key: str) -> int | None:
        """Find the highest of counts such as `minLength`."""
        return max((limit for node in self.nodes if (limit := node.limit(key)) is not None), default=None)

    def texts(self, key: str) -> frozenset[str]:
        """List the patterns, or the names of formats, that all strings have."""
        return frozenset(str(node.says[key]) for node in self.nodes if key in node.says)

    # Of arrays.

    @cached_property
    def prefix(self) -> int:
        """The number of first items that have a schema of their own."""
        return max((len(node.prefix) for node in self.nodes), default=0)

    def item(self, index: int) -> Written:
        """Put together what is known of an item."""
        schemas = (
            node.prefix[index]
            if index < len(node.prefix)
            else rest_of_items(node, index, self.looked_at(node))
            for node in self.order
        )
        return Written.of(*(schema for schema in schemas if schema))

    @cached_property
    def unique(self) -> bool:
        """Whether no two items are equal."""
        most = self.at_most("maxItems")
        return any(node.says.get("uniqueItems") for node in self.nodes) or (most is not None and most <= 1)

    # Of objects.

    @cached_property
    def required(self) -> frozenset[str]:
        """The properties that are there."""
        return frozenset(name for node in self.nodes for name in node.required)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The properties that some schema looks at by their name."""
        found: dict[str, None] = {}
        for node in self.order:
            found |= dict.fromkeys(node.properties)
            if node.unevaluated:
                found |= dict.fromkeys(sorted(node.possibly_evaluated.names))
        return tuple(found)

    def declares(self, name: str) -> bool:
        """Tell whether a schema names a property."""
        return any(name in node.properties for node in self.nodes)

    def property(self, name: str) -> Written:
        """Put together what is known of the value of a property."""
        return Written.of(
            *(schema for node in self.order for schema in schemas_of(node, name, self.looked_at(node)))
        )

    @cached_property
    def others(self) -> Written:
        """What is known of properties that no schema names and no pattern matches."""
        known = ((node, self.looked_at(node)) for node in self.order)
        rests = (
            rest_of(node, looked_at)
            for node, looked_at in known
            if node.additional or looked_at.patterns <= node.patterns.keys()
        )
        return Written.of(*(rest for rest in rests if rest))

    @cached_property
    def patterns(self) -> dict[str, Written]:
        """What is known of properties whose names match."""
        found: dict[str, list[Node]] = {}
        for node in self.order:
            for pattern, schema in node.patterns.items():
                found.setdefault(pattern, []).append(schema)
        return {pattern: Written.of(*schemas) for pattern, schemas in found.items()}


def _says_more(node: Node, made: Iterable[Choice]) -> bool:
    """Tell whether a schema says more than that others hold."""
    return bool(node.asserts - LINKS - {key for chooser, key in made if chooser is node})


def rest_of_items(node: Node, index: int, looked_at: Evaluated) -> Node | None:
    """Find the schema of an item after the first ones. `looked_at` is what `unevaluatedItems` leaves out."""
    if node.items is not None:
        return node.items
    return None if looked_at.all_items or index < looked_at.items else node.unevaluated_items


def schemas_of(node: Node, name: str, looked_at: Evaluated) -> list[Node]:
    """List the schemas that a schema has for a property. `looked_at` is what `unevaluatedProperties` leaves out."""
    own = [node.properties[name]] if name in node.properties else []
    own += [schema for pattern, schema in node.patterns.items() if matches(pattern, name)]
    if own:
        return own
    if node.additional is not None:
        return [node.additional]
    return [node.unevaluated] if node.unevaluated is not None and not looked_at.has(name) else []


def rest_of(node: Node, looked_at: Evaluated) -> Node | None:
    """Find the schema of properties that a schema does not name, nor any that was looked at."""
    return node.additional if node.additional is not None or looked_at.all_names else node.unevaluated
