"""What a reader asks of arrays: their first items, those that follow, and what they contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.registry.compatibility.combined import looked_at
from infra.registry.compatibility.node import Node
from infra.registry.compatibility.result import Difference, Path, broken
from infra.registry.compatibility.written import Written, rest_of_items

if TYPE_CHECKING:
    from infra.registry.compatibility.walk import Comparison


def differences(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Go through what a reader refuses of the arrays that were written."""
    names = comparison.names
    most = written.at_most("maxItems")
    named = max(len(reader.prefix), written.prefix)
    if reader.prefix or reader.items or reader.unevaluated_items:
        for index in range(named if most is None else min(named, most)):
            yield from _item(comparison, written, reader, index, path, strict=strict)
        if most is None or most > named:
            yield from _rest(comparison, written, reader, named, path, strict=strict)
    if reader.says.get("uniqueItems") and not written.unique:
        why = f"{names.reader} asks that all items differ, and {names.writer} does not."
        yield broken("UNIQUE_ITEMS_ADDED", (*path, "uniqueItems"), why)
    if reader.contains:
        yield from _contains(comparison, written, reader, reader.contains, path, strict=strict)


def _item(
    comparison: Comparison, written: Written, reader: Node, index: int, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Compare the item at one place. One that only one side describes alone is added, or removed."""
    names = comparison.names
    here = (*path, "items", str(index))
    added, removed = index >= written.prefix, index >= len(reader.prefix)
    asked = (
        rest_of_items(reader, index, looked_at(comparison, written, reader))
        if removed
        else reader.prefix[index]
    )
    given = written.item(index)
    if asked is None or comparison.impossible(given):
        return
    if added and not asked.silent and (not given.nodes or not written.prefix):
        # The registry takes a list of alike items for an open content model, although its items are known.
        why = f"{names.reader} describes this item alone, and {names.writer} does not."
        yield broken("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", here, why)
    elif removed and asked.refuses_all:
        why = f"{names.reader} allows no item here, and {names.writer} does."
        yield broken("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", here, why)
    else:
        rule = "ITEM_ADDED_NOT" if added else "ITEM_REMOVED_NOT" if removed else ""
        found = False
        for difference in comparison.differences(given, asked, here, strict=strict):
            found = True
            yield difference
        if found and rule:
            why = f"What {names.writer} allows of this item is not what {names.reader} asks of it."
            yield broken(f"{rule}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", here, why)


def _rest(
    comparison: Comparison, written: Written, reader: Node, index: int, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    asked = rest_of_items(reader, index, looked_at(comparison, written, reader))
    given = written.item(index)
    if asked is None or comparison.impossible(given):
        return
    key = "items" if asked is reader.items else "unevaluatedItems"
    rule = "ADDITIONAL_ITEMS" if key == "items" else "UNEVALUATED_ITEMS"
    here = (*path, key)
    if asked.refuses_all:
        why = f"{names.reader} allows no items beyond {index}, and {names.writer} does."
        yield broken(f"{rule}_REMOVED", here, why)
    elif not given.nodes and not comparison.takes(given, asked, strict=strict):
        plain = key == "items" and not reader.prefix
        why = f"{names.writer} allows any items, and {names.reader} says what they are."
        yield broken("SCHEMA_ADDED" if plain else f"{rule}_NARROWED", here, why)
    else:
        yield from comparison.differences(given, asked, here, strict=strict)


def _contains(
    comparison: Comparison, written: Written, reader: Node, asked: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    names = comparison.names
    least, most = _least(reader), reader.limit("maxContains")
    alike = [
        node
        for node in written.order
        if node.contains and comparison.takes(Written.of(node.contains), asked, strict=strict)
    ]
    if least and least > (promised := max((_least(node) for node in alike), default=0)):
        rule = "MIN_CONTAINS_INCREASED" if alike else "CONTAINS_CHANGED"
        why = f"{names.reader} asks for {least} of these items; {names.writer} is certain of {promised}."
        yield broken(rule, (*path, "minContains" if alike else "contains"), why)
    if most is None:
        return
    limits = [
        limit
        for node in written.order
        if node.contains
        and (limit := node.limit("maxContains")) is not None
        and comparison.takes(Written.of(asked), node.contains, strict=True)
    ]
    limits += [] if (longest := written.at_most("maxItems")) is None else [longest]
    if not limits or min(limits) > most:
        why = f"{names.reader} allows {most} of these items at most; {names.writer} may have more."
        rule = "MAX_CONTAINS_DECREASED" if limits else "MAX_CONTAINS_ADDED"
        yield broken(rule, (*path, "maxContains"), why)


def _least(node: Node) -> int:
    least = node.limit("minContains")
    return 1 if least is None else least
