"""The expressions of one request: compiled, with its names and values put in, and none of them unused."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from tests.simulation.aws.dynamo import conditions, paths, updates
from tests.simulation.aws.dynamo.conditions import Condition
from tests.simulation.aws.dynamo.grammar import Expression, parse
from tests.simulation.aws.dynamo.paths import Steps
from tests.simulation.aws.dynamo.refusal import invalid
from tests.simulation.aws.dynamo.updates import Update
from tests.simulation.aws.dynamo.values import Value, canonical_item

_KINDS = {
    "UpdateExpression": "update",
    "ConditionExpression": "condition",
    "FilterExpression": "filter",
    "ProjectionExpression": "projection",
    "KeyConditionExpression": "key_condition",
}
"""Parameters, and what `Prepared` calls what they say."""
_CHECKED = ("UpdateExpression", "ConditionExpression", "FilterExpression")
_NO_VALUES: dict[str, Value] = {}

Names = tuple[tuple[str, str], ...]
"""Placeholders and the names that they stand for."""


@dataclass(frozen=True)
class Prepared:
    """What the expressions of a request say, whatever the values."""

    update: Update | None = None
    condition: Condition | None = None
    filter: Condition | None = None
    projection: tuple[Steps, ...] | None = None
    key_condition: tuple[str, Names] | None = None
    checks: tuple[Callable[[Mapping[str, Value]], None], ...] = ()


class Expressions:
    """What a request's expressions say."""

    __slots__ = ("prepared", "values")

    def __init__(self, request: Mapping[str, Any]) -> None:
        texts = tuple([request.get(kind) for kind in _KINDS])
        names = request.get("ExpressionAttributeNames")
        values = request.get("ExpressionAttributeValues")
        self.values = canonical_item(values) if values else _NO_VALUES
        self.prepared = _prepared(
            texts,
            None if names is None else tuple(names.items()),
            None if values is None else frozenset(values),
        )
        for check in self.prepared.checks:
            check(self.values)


@lru_cache(maxsize=8192)
def _prepared(texts: tuple[str | None, ...], names: Names | None, values: frozenset[str] | None) -> Prepared:
    given = [(kind, text) for kind, text in zip(_KINDS, texts, strict=True) if text is not None]
    if not given:
        for what, members in (("Names", names), ("Values", values)):
            if members is not None:
                raise invalid(f"ExpressionAttribute{what} can only be specified when using expressions")
        return Prepared()
    known = dict(names or ())
    parsed = [parse(kind, text) for kind, text in given]
    _require_used(parsed, "Names", names, frozenset(known), [each.names for each in parsed])
    _require_used(parsed, "Values", values, values or frozenset(), [each.values for each in parsed])
    made: dict[str, Any] = {}
    for (kind, text), expression in zip(given, parsed, strict=True):
        used = tuple([(name, known[name]) for name in sorted(expression.names)])
        made[kind] = (text, used) if kind == "KeyConditionExpression" else _compiled(kind, text, used)
    checks = [each.checks for kind, each in made.items() if kind in _CHECKED]
    found = {_KINDS[kind]: each for kind, each in made.items()}
    return Prepared(**found, checks=tuple(chain.from_iterable(checks)))


@lru_cache(maxsize=8192)
def _compiled(kind: str, text: str, names: Names) -> Any:
    expression, known = parse(kind, text), dict(names)
    if kind == "UpdateExpression":
        return updates.compiled(expression, known)
    if kind == "ProjectionExpression":
        found = tuple(paths.bound(path, known) for path in expression.tree)
        paths.require_apart(kind, found)
        return found
    return conditions.compiled(expression, known)


def _require_used(
    parsed: list[Expression],
    what: str,
    given: Collection[Any] | None,
    defined: frozenset[str],
    used: list[frozenset[str]],
) -> None:
    """Refuse placeholders that are not defined, and definitions that are not used."""
    for expression, its in zip(parsed, used, strict=True):
        if missing := its - defined:
            where = "name used in the document path" if what == "Names" else "value used in expression"
            raise invalid(
                f"Invalid {expression.kind}: An expression attribute {where} is not defined;"
                f" attribute {where.partition(' ')[0]}: {min(missing)}"
            )
    if unused := defined.difference(*used):
        raise invalid(
            f"Value provided in ExpressionAttribute{what} unused in expressions: keys:"
            f" {{{', '.join(sorted(unused))}}}"
        )
    if given is not None and not given:
        raise invalid(f"ExpressionAttribute{what} must not be empty")
