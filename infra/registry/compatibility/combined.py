"""What `allOf`, `anyOf`, `oneOf`, `not` and `if` of a reader ask for, and the branches of what was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.registry.compatibility.evaluated import Evaluated
from infra.registry.compatibility.node import Condition, Node
from infra.registry.compatibility.result import Difference, Path, broken
from infra.registry.compatibility.values import Kind, named
from infra.registry.compatibility.written import Written

if TYPE_CHECKING:
    from infra.registry.compatibility.walk import Comparison


def parts(written: Written, reader: Node) -> list[Written]:
    """Split what was written: by a choice that it has, or else by the kinds of values that a choice of the reader sorts."""
    for choice, branches in written.choices():
        return [written.chosen(choice, branches, branch) for branch in branches]
    sorts = reader.any_of or reader.one_of or reader.negated or reader.condition
    if sorts and len(written.kinds) > 1:
        return [written.plus(only=frozenset({kind})) for kind in Kind if kind in written.kinds]
    return []


def differences(
    comparison: Comparison, written: Written, reader: Node, path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Go through what a reader's combined schemas refuse."""
    for target in reader.targets:
        yield from comparison.differences(written, target, path, strict=strict)
    for index, part in enumerate(reader.all_of):
        yield from comparison.differences(written, part, (*path, "allOf", str(index)), strict=strict)
    if reader.any_of and not any(comparison.takes(written, each, strict=strict) for each in reader.any_of):
        yield _no_branch(comparison, written, reader.any_of, (*path, "anyOf"), strict=strict)
    if reader.one_of:
        yield from _one_of(comparison, written, reader.one_of, (*path, "oneOf"), strict=strict)
    if reader.negated and not comparison.disjoint(written, reader.negated):
        yield broken(
            "NOT_TYPE_EXTENDED",
            (*path, "not"),
            f"It cannot be shown that {comparison.names.writer} allows nothing of what {comparison.names.reader} excludes.",
        )
    if reader.condition and not _keeps(comparison, written, reader.condition, strict=strict):
        yield broken(
            "CONDITION_CHANGED",
            (*path, "if"),
            f"It cannot be shown that all {comparison.names.writer} allows is what "
            f"{comparison.names.reader} asks for under its condition.",
        )


def looked_at(comparison: Comparison, written: Written, reader: Node) -> Evaluated:
    """Tell what a reader is certain to look at of what was written, in branches that are certain to take it, too."""
    if not (reader.unevaluated or reader.unevaluated_items):
        return reader.certainly_evaluated  # which makes no difference
    return _looked_at(comparison, written, reader)


def _looked_at(comparison: Comparison, written: Written, reader: Node) -> Evaluated:
    inner = {each: _looked_at(comparison, written, each) for each in reader.certain}
    for branch in reader.any_of + reader.one_of:
        if comparison.takes(written, branch, strict=True):
            inner[branch] = branch.certainly_evaluated
    return reader.evaluated(inner)


def _no_branch(
    comparison: Comparison, written: Written, branches: tuple[Node, ...], path: Path, *, strict: bool
) -> Difference:
    """Say why none of the branches reads what was written, by the one branch that has to do with it."""
    names = comparison.names
    alike = [index for index, each in enumerate(branches) if not comparison.disjoint(written, each)]
    closest = ""
    if len(alike) == 1:
        inner = comparison.differences(written, branches[alike[0]], (*path, str(alike[0])), strict=strict)
        if first := next(inner, None):
            closest = f" The closest: {first.rule} at {first.path}. {first.why}"
    rule = "COMBINED_TYPE_SUBSCHEMAS_CHANGED" if alike else "SUM_TYPE_NARROWED"
    what = named(written.kinds)
    return broken(
        rule,
        path,
        f"No branch of {names.reader} is certain to take the {what} that {names.writer} allows.{closest}",
    )


def _one_of(
    comparison: Comparison, written: Written, branches: tuple[Node, ...], path: Path, *, strict: bool
) -> Iterator[Difference]:
    """Compare with exactly one of several.

    As in the registry, branches that may overlap are taken for alternatives, unless the writer's did overlap as `anyOf`.
    Only what is certain to be in two of them is refused. Strictly, what may be in two of them is.
    """
    strict = strict or written.overlapping
    taking = [each for each in branches if comparison.takes(written, each, strict=strict)]
    if not taking:
        yield _no_branch(comparison, written, branches, path, strict=strict)
        return
    suspects = [each for each in (branches if strict else taking) if each is not taking[0]]
    if any(not comparison.disjoint(written, each) for each in suspects):
        yield broken(
            "ONE_OF_OVERLAPS",
            path,
            f"What {comparison.names.writer} allows fits more than one branch of {comparison.names.reader}, "
            "which takes what fits exactly one.",
        )


def _keeps(comparison: Comparison, written: Written, condition: Condition, *, strict: bool) -> bool:
    """Tell whether what was written is certain to keep to a condition."""
    for node in written.order:
        if node.condition and _same(comparison, node.condition.test, condition.test):
            then, otherwise = node.condition.then, node.condition.otherwise
            break
    else:
        then = otherwise = None
    meets = written.plus(*(each for each in (condition.test, then) if each))
    fails = written.plus(*(each for each in (otherwise,) if each), excluded=[condition.test])
    return all(
        consequence is None or comparison.takes(known, consequence, strict=strict)
        for known, consequence in ((meets, condition.then), (fails, condition.otherwise))
    )


def _same(comparison: Comparison, one: Node, other: Node) -> bool:
    """Tell whether it is certain that two schemas take the same values."""
    return comparison.takes(Written.of(one), other, strict=True) and comparison.takes(
        Written.of(other), one, strict=True
    )
