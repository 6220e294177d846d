"""Tell where it is certain that no value fits several schemas at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.registry.compatibility.values import NUMBERS, Kind
from infra.registry.compatibility.written import Written

if TYPE_CHECKING:
    from infra.registry.compatibility.walk import Comparison

DEPTH: Final = 4
"""Schemas inside one another that are looked into. Less is less that is certain, never wrong."""


def impossible(comparison: Comparison, written: Written, depth: int) -> bool:
    """Tell whether it is certain that no value fits."""
    if any(node.refuses_all for node in written.nodes) or not written.kinds or written.as_written == ():
        return True
    if any(node.silent for node in written.excluded):
        return True
    if depth and any(
        all(comparison.impossible(written.chosen(choice, branches, branch), depth - 1) for branch in branches)
        for choice, branches in written.choices()
    ):
        return True
    return all(_no_value_of(kind, comparison, written, depth) for kind in written.kinds)


def _no_value_of(kind: Kind, comparison: Comparison, written: Written, depth: int) -> bool:
    if kind in NUMBERS:
        lower, upper = written.lower, written.upper
        if lower is None or upper is None:
            return False
        return lower.at > upper.at or (lower.at == upper.at and (lower.exclusive or upper.exclusive))
    if kind is Kind.STRING:
        return _crossed(written, "minLength", "maxLength")
    if kind is Kind.ARRAY:
        first = range(min(written.at_least("minItems") or 0, written.prefix + 1))
        return _crossed(written, "minItems", "maxItems") or (
            depth > 0 and any(comparison.impossible(written.item(index), depth - 1) for index in first)
        )
    if kind is Kind.OBJECT:
        most = written.at_most("maxProperties")
        return (
            _crossed(written, "minProperties", "maxProperties")
            or (most is not None and len(written.required) > most)
            or (
                depth > 0
                and any(comparison.impossible(written.property(n), depth - 1) for n in written.required)
            )
        )
    return False


def _crossed(written: Written, least: str, most: str) -> bool:
    at_least, at_most = written.at_least(least), written.at_most(most)
    return at_least is not None and at_most is not None and at_least > at_most
