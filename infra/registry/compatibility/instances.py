"""Tell of single values whether a schema takes them. Names of formats and encodings refuse none."""

from collections.abc import Callable, Iterator
from typing import Final

from infra.registry.compatibility.node import Node
from infra.registry.compatibility.result import Undecided, pointer
from infra.registry.compatibility.values import (
    NUMBERS,
    Json,
    Kind,
    fingerprint,
    kind_of,
    matches,
    number,
    same,
)
from infra.registry.compatibility.written import rest_of_items, schemas_of


def accepts(node: Node, value: Json) -> bool:
    """Tell whether a schema takes a value."""
    return all(_of_any_kind(node, value)) and all(_OF_KIND[kind_of(value)](node, value))


def _of_any_kind(node: Node, value: Json) -> Iterator[bool]:
    yield not node.refuses_all
    yield kind_of(value) in node.kinds
    yield node.values is None or any(same(value, each) for each in node.values)
    yield all(accepts(each, value) for each in node.certain)
    yield not node.any_of or any(accepts(each, value) for each in node.any_of)
    yield not node.one_of or sum(accepts(each, value) for each in node.one_of) == 1
    yield node.negated is None or not accepts(node.negated, value)
    if node.condition:
        consequence = node.condition.then if accepts(node.condition.test, value) else node.condition.otherwise
        yield consequence is None or accepts(consequence, value)


def _always(_node: Node, _value: Json) -> Iterator[bool]:
    return iter(())


def _number(node: Node, value: Json) -> Iterator[bool]:
    exact = number(value)
    for bound in node.bounds("maximum", "exclusiveMaximum"):
        yield exact < bound.at or (exact == bound.at and not bound.exclusive)
    for bound in node.bounds("minimum", "exclusiveMinimum"):
        yield exact > bound.at or (exact == bound.at and not bound.exclusive)
    yield not node.multiple_of or (exact / node.multiple_of).denominator == 1


def _within(node: Node, count: int, least: str, most: str) -> bool:
    at_least, at_most = node.limit(least), node.limit(most)
    return (at_least is None or count >= at_least) and (at_most is None or count <= at_most)


def _string(node: Node, value: str) -> Iterator[bool]:
    yield _within(node, len(value), "minLength", "maxLength")
    yield "pattern" not in node.says or matches(node.says["pattern"], value)


def _array(node: Node, value: list[Json]) -> Iterator[bool]:
    _refuse_unevaluated(node)
    yield _within(node, len(value), "minItems", "maxItems")
    if node.says.get("uniqueItems"):
        yield len({fingerprint(each) for each in value}) == len(value)
    for index, item in enumerate(value):
        schema = (
            node.prefix[index]
            if index < len(node.prefix)
            else rest_of_items(node, index, node.certainly_evaluated)
        )
        yield schema is None or accepts(schema, item)
    if node.contains:
        found = sum(accepts(node.contains, item) for item in value)
        most = node.limit("maxContains")
        yield found >= (1 if (least := node.limit("minContains")) is None else least)
        yield most is None or found <= most


def _object(node: Node, value: dict[str, Json]) -> Iterator[bool]:
    _refuse_unevaluated(node)
    yield _within(node, len(value), "minProperties", "maxProperties")
    yield node.required <= value.keys()
    for name, each in value.items():
        yield all(accepts(schema, each) for schema in schemas_of(node, name, node.certainly_evaluated))
        yield node.names is None or accepts(node.names, name)
        yield node.needs.get(name, frozenset()) <= value.keys()
        yield name not in node.dependent or accepts(node.dependent[name], value)


def _refuse_unevaluated(node: Node) -> None:
    """Refuse what depends on which branches of a schema take a value."""
    elsewhere = node.in_place or (node.contains and node.dialect.contains_evaluates)
    if (node.unevaluated or node.unevaluated_items) and elsewhere:
        raise Undecided(f"{pointer(node.path)} depends on what else looks at a value of an enum.")


_OF_KIND: Final[dict[Kind, Callable[[Node, Json], Iterator[bool]]]] = {
    Kind.NULL: _always,
    Kind.BOOLEAN: _always,
    Kind.STRING: _string,
    Kind.ARRAY: _array,
    Kind.OBJECT: _object,
    **dict.fromkeys(NUMBERS, _number),
}
