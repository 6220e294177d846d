"""What one schema of a reader asks for, compared with what was written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from infra.registry.compatibility import arrays, combined, objects, scalars
from infra.registry.compatibility.instances import accepts
from infra.registry.compatibility.node import Node
from infra.registry.compatibility.result import Difference, Path, broken
from infra.registry.compatibility.values import NUMBERS, Kind, fingerprint, named, shown
from infra.registry.compatibility.written import Written

if TYPE_CHECKING:
    from infra.registry.compatibility.walk import Comparison


def differences(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Generator[Difference, None, None]:
    """Go through what a reader refuses of what was written. Nothing more is said where kinds or values differ."""
    if not strict and reader.connect_bytes and any(node.connect_bytes for node in written.nodes):
        return  # Kafka Connect reads both, whatever their types
    for compare in (_kinds, _values):
        found = False
        for difference in compare(comparison, written, reader, path):
            found = True
            yield difference
        if found:
            return
    if written.candidates is not None:
        return  # all of them were tried
    yield from scalars.differences(comparison.names, written, reader, path)
    yield from combined.differences(comparison, written, reader, path, strict=strict)
    if Kind.ARRAY in written.kinds:
        yield from arrays.differences(comparison, written, reader, path, strict=strict)
    if Kind.OBJECT in written.kinds:
        yield from objects.differences(comparison, written, reader, path, strict=strict)


def lists_differ(written: Written, reader: Node) -> bool:
    """Tell whether a reader's `enum` lacks what the writer's lists, even if the writer excludes that elsewhere."""
    allowed = None if reader.values is None else {fingerprint(value) for value in reader.values}
    return allowed is not None and any(
        fingerprint(value) not in allowed for value in written.as_written or ()
    )


def _kinds(comparison: Comparison, written: Written, reader: Node, path: Path) -> Iterator[Difference]:
    names = comparison.names
    if reader.refuses_all:
        yield broken("TYPE_CHANGED", path, f"{names.reader} allows nothing here.")
    elif written.silent and "properties" in reader.says:
        yield broken(
            "TYPE_CHANGED",
            path,
            f"{names.writer} allows anything here, and {names.reader} describes an object.",
        )
    elif refused := written.kinds - reader.kinds:
        narrowed = refused == {Kind.FRACTION} and written.kinds >= NUMBERS
        yield broken(
            "TYPE_NARROWED" if narrowed else "TYPE_CHANGED",
            path,
            f"{names.writer} allows {named(written.kinds)}, and {names.reader} {named(reader.kinds)}.",
        )


def _values(comparison: Comparison, written: Written, reader: Node, path: Path) -> Iterator[Difference]:
    names = comparison.names
    if reader.values is not None:
        key = "const" if "const" in reader.says else "enum"
        allowed = {fingerprint(value) for value in reader.values}
        given = written.candidates if written.as_written is None else written.as_written
        if given is None:
            listed = ", ".join(shown(value) for value in reader.values[:5])
            why = f"{names.reader} allows only {listed or 'nothing'}, and {names.writer} allows more."
            yield broken("ENUM_ARRAY_CHANGED", (*path, key), why)
            return
        if refused := [value for value in given if fingerprint(value) not in allowed]:
            narrowed = allowed < {fingerprint(value) for value in given}
            why = f"{names.reader} does not have {', '.join(shown(value) for value in refused[:5])}."
            yield broken("ENUM_ARRAY_NARROWED" if narrowed else "ENUM_ARRAY_CHANGED", (*path, key), why)
            return
    for value in written.candidates or ():
        comparison.spend(1)
        if not accepts(reader, value) and all(accepts(node, value) for node in written.nodes):
            why = f"{names.writer} allows {shown(value)}, which {names.reader} refuses."
            yield broken("ENUM_ARRAY_CHANGED", path, why)
