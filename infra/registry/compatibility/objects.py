"""What a reader asks of objects.

An open content model allows properties that it does not name. A closed one refuses them, and one that is partially
open has a schema for them, by a pattern of their names or for all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from infra.registry.compatibility.combined import looked_at
from infra.registry.compatibility.instances import accepts
from infra.registry.compatibility.node import Node
from infra.registry.compatibility.result import Difference, Path, broken
from infra.registry.compatibility.values import Kind, matches_everything, shown
from infra.registry.compatibility.written import Written, rest_of, schemas_of

if TYPE_CHECKING:
    from infra.registry.compatibility.walk import Comparison


def differences(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Go through what a reader refuses of the objects that were written."""
    yield from _required(comparison, written, reader, path, strict=strict)
    # Single values first: they tell the branches of a union apart before the walk goes into any of them.
    for name in sorted(
        dict.fromkeys((*reader.properties, *written.names)), key=lambda name: not _leaf(reader, name)
    ):
        yield from _property(comparison, written, reader, name, path, strict=strict)
    for pattern, schema in reader.patterns.items():
        yield from _pattern(comparison, written, pattern, schema, path, strict=strict)
    yield from _others(comparison, written, reader, path, strict=strict)
    if reader.names:
        yield from _names(comparison, written, reader.names, path, strict=strict)
    yield from _dependencies(comparison, written, reader, path, strict=strict)


def _leaf(reader: Node, name: str) -> bool:
    schema = reader.properties.get(name)
    return schema is None or (next(schema.subschemas(), None) is None and not schema.targets)


def _required(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    for name in sorted(reader.required - written.required):
        schema = reader.properties.get(name)
        if not strict and (schema.has_default if schema else bool(reader.properties)):
            # The registry trusts readers to take the default, and sees only the properties that are described.
            continue
        if written.declares(name):
            rule = "REQUIRED_ATTRIBUTE_ADDED"
        else:
            model = "OPEN" if written.property(name).silent else "UNOPEN"
            rule = f"REQUIRED_PROPERTY_ADDED_TO_{model}_CONTENT_MODEL"
        why = f"{names.reader} requires the property {shown(name)}, and {names.writer} does not."
        yield broken(rule, (*path, "required", name), why)


def _property(
    comparison: Comparison, written: Written, reader: Node, name: str, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    asked = schemas_of(reader, name, looked_at(comparison, written, reader))
    if not asked:
        return
    here = (*path, "properties", name)
    given = written.property(name)
    found = chain.from_iterable(comparison.differences(given, each, here, strict=strict) for each in asked)
    if (first := next(found, None)) is None:
        return
    added, removed = not written.declares(name), name not in reader.properties
    if added and not given.nodes:
        model = "OPTIONAL" if name not in reader.required else "REQUIRED"
        why = f"{names.writer} allows any value of {shown(name)}, as it is open; {names.reader} describes it."
        yield broken(f"{model}_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", here, why)
        return
    if removed and all(each.refuses_all for each in asked):
        why = f"{names.writer} allows the property {shown(name)}; {names.reader} is closed and does not."
        yield broken("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", here, why)
        return
    yield first
    yield from found
    if added or removed:
        rule = f"PROPERTY_{'ADDED' if added else 'REMOVED'}_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        why = f"What {names.writer} allows of {shown(name)} is not what {names.reader} asks of it."
        yield broken(rule, here, why)


def _pattern(
    comparison: Comparison, written: Written, pattern: str, schema: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Compare properties that only a pattern names: with those of the same pattern, or else with all others."""
    if any(
        comparison.takes(Written.of(node.patterns[pattern]), schema, strict=strict)
        for node in written.order
        if pattern in node.patterns
    ):
        return
    given = written.others
    if (first := next(comparison.differences(given, schema, (), strict=strict), None)) is None:
        foreign = (each for other, each in written.patterns.items() if other != pattern)
        if pattern not in written.patterns and all(
            comparison.takes(each, schema, strict=strict) for each in foreign
        ):
            return
    names = comparison.names
    closer = f" {first.why}" if first else ""
    why = f"{names.reader} describes properties by this pattern in a way that {names.writer} does not keep to.{closer}"
    yield broken("PATTERN_PROPERTIES_CHANGED", (*path, "patternProperties", pattern), why)


def _others(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Compare properties that nobody names."""
    rest = rest_of(reader, looked_at(comparison, written, reader))
    if rest is None or rest.silent:
        return
    names = comparison.names
    key = "additionalProperties" if rest is reader.additional else "unevaluatedProperties"
    rule = "ADDITIONAL_PROPERTIES" if rest is reader.additional else "UNEVALUATED_PROPERTIES"
    here = (*path, key)
    given = written.others
    if given.nodes and not rest.refuses_all:
        yield from comparison.differences(given, rest, here, strict=strict)
    elif not comparison.takes(given, rest, strict=strict):
        why = f"{names.writer} allows more properties than it names, and {names.reader} " + (
            "allows no others." if rest.refuses_all else "says what their values are."
        )
        yield broken(f"{rule}_{'REMOVED' if rest.refuses_all else 'NARROWED'}", here, why)
    known = reader.patterns.keys() | reader.certainly_evaluated.patterns
    for pattern, schema in written.patterns.items():
        if pattern not in known and not comparison.takes(schema, rest, strict=strict):
            why = f"{names.writer} describes properties by the pattern {shown(pattern)}, and {names.reader} does not."
            yield broken(f"{rule}_NARROWED", here, why)


def _names(
    comparison: Comparison, written: Written, asked: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    given = Written.of(*(node.names for node in written.order if node.names), only=frozenset({Kind.STRING}))
    if asked.asserts == {"pattern"} and matches_everything(asked.says["pattern"]):
        return
    if comparison.takes(given, asked, strict=strict):
        return
    if comparison.impossible(written.others) and not written.patterns:
        named = (name for name in written.names if not comparison.impossible(written.property(name)))
        if all(accepts(asked, name) for name in named):
            return
    why = f"{names.reader} asks more of the names of properties than {names.writer}."
    yield broken("PROPERTY_NAMES_CHANGED", (*path, "propertyNames"), why)


def _dependencies(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    here = (*path, "dependencies")
    for name, needed in reader.needs.items():
        known = [node.needs[name] for node in written.order if name in node.needs]
        missing = needed - written.required - frozenset().union(*known)
        if missing and not comparison.impossible(written.property(name)):
            kept = frozenset().union(*known)
            change = "ADDED" if not known else "EXTENDED" if kept <= needed else "CHANGED"
            listed = ", ".join(shown(each) for each in sorted(missing))
            why = f"{names.reader} requires {listed} beside {shown(name)}, and {names.writer} does not."
            yield broken(f"DEPENDENCY_ARRAY_{change}", (*here, name), why)
    for name, schema in reader.dependent.items():
        if comparison.impossible(written.property(name)):
            continue
        own = [node.dependent[name] for node in written.order if name in node.dependent]
        given = written.plus(*own)
        if own or comparison.takes(given, schema, strict=strict):
            yield from comparison.differences(given, schema, (*here, name), strict=strict)
        else:
            why = f"{names.reader} has a schema for objects with {shown(name)}, and {names.writer} has none."
            yield broken("DEPENDENCY_SCHEMA_ADDED", (*here, name), why)
