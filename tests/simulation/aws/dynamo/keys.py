"""The keys of a table or an index: of items, of requests, and in key conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from tests.simulation.aws.dynamo import paths
from tests.simulation.aws.dynamo.conditions import Condition, compiled
from tests.simulation.aws.dynamo.grammar import Call, Expression, Group, Literal, Path, parse
from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.requests import Names
from tests.simulation.aws.dynamo.values import Item, Value, canonical_item, in_order, size

Key = tuple[Any, ...]
"""The values of a key, comparable: partition and, if there is one, sort key."""

_OPERATORS = frozenset({"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"})
_LONGEST = (2048, 1024)
_WRONG = "One or more parameter values were invalid: "
_EMPTY = (
    "One or more parameter values are not valid. {index}The AttributeValue for a key attribute cannot contain an"
    " empty {what} value. {where}"
)


@dataclass(frozen=True)
class KeySchema:
    """The attributes of a key and their types: of the partition key, and of the sort key if there is one."""

    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, schema: list[Mapping[str, str]], definitions: list[Mapping[str, str]]) -> "KeySchema":
        """Read it from a table's properties."""
        types = {each["AttributeName"]: each["AttributeType"] for each in definitions}
        names = [each["AttributeName"] for each in sorted(schema, key=lambda each: each["KeyType"])]
        return cls(tuple((name, types[name]) for name in names))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes."""
        return tuple(name for name, _ in self.attributes)

    def is_same(self, item: Item, other: Item) -> bool:
        """Tell whether an update has left the key alone."""
        return all(item.get(name) is other.get(name) for name in self.names)

    def partition_of(self, item: Item) -> Any:
        """Find the partition key of an item; None if it has none."""
        name, kind = self.attributes[0]
        value = item.get(name)
        return None if value is None else in_order(kind, value[kind])

    def in_item(self, item: Item) -> Key | None:
        """Find the key of a kept item; None if it lacks some of it."""
        key = []
        for name, kind in self.attributes:
            if (value := item.get(name)) is None:
                return None
            key.append(in_order(kind, value[kind]))
        return tuple(key)

    def of_new(self, item: Item) -> Key:
        """Find the key of an item that is about to be kept, or refuse it."""
        for name, kind in self.attributes:
            if name not in item:
                raise invalid(f"{_WRONG}Missing the key {name} in the item")
            if kind not in item[name]:
                (actual,) = item[name]
                raise invalid(f"{_WRONG}Type mismatch for key {name} expected: {kind} actual: {actual}")
        return self._checked(item)

    def of_request(self, key: Mapping[str, Mapping[str, Any]]) -> tuple[Key, Item]:
        """Read the key that a request names, or refuse it."""
        if len(self.attributes) == 1:  # the usual case, without detours
            ((name, kind),) = self.attributes
            if len(key) == 1 and name in key and kind == "S":
                text = key[name].get("S")
                if text.__class__ is str and text and len(text) < _LONGEST[0] // 4:
                    return (text,), {name: {"S": text}}
        item = canonical_item(key)
        if item.keys() != set(self.names) or any(kind not in item[name] for name, kind in self.attributes):
            raise invalid("The provided key element does not match the schema")
        return self._checked(item), item

    def _checked(self, item: Item) -> Key:
        for (name, kind), most in zip(self.attributes, _LONGEST, strict=False):
            content = item[name][kind]
            if not content:
                what = "binary" if kind == "B" else "string"
                raise invalid(_EMPTY.format(index="", what=what, where=f"Key: {name}"))
            if kind != "N" and len(content) > most // 4 and size({"": item[name]}) > most:
                which = "hashkey" if most == _LONGEST[0] else "the range key"
                raise invalid(f"{_WRONG}Size of {which} has exceeded the maximum size limit of{most} bytes")
        key = self.in_item(item)
        assert key is not None
        return key

    def require_indexable(self, item: Item, index: str, *, updated: bool = False) -> None:
        """Refuse an item whose attributes this key, of an index, cannot take."""
        for name, kind in self.attributes:
            if (value := item.get(name)) is None:
                continue
            if kind not in value:
                (actual,) = value
                if updated:
                    raise invalid(
                        "The update expression attempted to update the secondary index key to unsupported type"
                    )
                raise invalid(
                    f"{_WRONG}Type mismatch for Index Key {name} Expected: {kind} Actual: {actual} IndexName: {index}"
                )
            if not value[kind]:
                what, where = "binary" if kind == "B" else "string", f"IndexName: {index}, IndexKey: {name}"
                more = "A value specified for a secondary index key is not supported. "
                raise invalid(_EMPTY.format(index=more, what=what, where=where))


@dataclass(frozen=True)
class KeyCondition:
    """Which partition a query is for, by the placeholder of its key, and which sort keys."""

    partition: str
    sort: Condition | None
    sort_values: tuple[str, ...] = ()
    """The placeholders that the sort key is compared with."""


@lru_cache(maxsize=1024)
def key_condition(text: str, names: Names, schema: KeySchema) -> KeyCondition:
    """Compile a key condition for a table's or an index's key."""
    kind = "KeyConditionExpression"
    found: dict[str, Call] = {}
    for comparison in _comparisons(parse(kind, text).tree):
        name = _compared(comparison, dict(names))
        if name in found:
            raise invalid(f"{kind}s must only contain one condition per key")
        found[name] = comparison
    partition, *sort = schema.names
    if len(found) > len(schema.names):
        raise invalid("Conditions can be of length 1 or 2 only")
    if missed := next((name for name in schema.names[: len(found)] if name not in found), None):
        raise invalid(f"Query condition missed key schema element: {missed}")
    if found[partition].function != "=":
        raise invalid("Query key condition not supported")
    literal: Any = found[partition].operands[1]
    if not sort or sort[0] not in found:
        return KeyCondition(literal.name, None)
    tree = found[sort[0]]
    condition = compiled(Expression(kind, tree, frozenset(), frozenset()), dict(names))
    return KeyCondition(literal.name, condition, tuple(each.name for each in tree.operands[1:]))


def require_kind(kind: str, *values: Value) -> None:
    """Refuse a query for a key of another type."""
    if any(kind not in value for value in values):
        raise invalid(f"{_WRONG}Condition parameter type does not match schema type")


def starting_key_refused() -> Refusal:
    """Make the refusal of a starting key that is none of this table or index."""
    return invalid("The provided starting key is invalid")


def _comparisons(tree: Any) -> list[Call]:
    if isinstance(tree, Group):
        return _comparisons(tree.condition)
    if tree.function == "AND":
        return [each for part in tree.operands for each in _comparisons(part)]
    if tree.function not in _OPERATORS:
        raise invalid(f"Invalid operator used in KeyConditionExpression: {tree.function}")
    return [tree]


def _compared(comparison: Call, names: Mapping[str, str]) -> str:
    path, *others = comparison.operands
    if not isinstance(path, Path) or not all(isinstance(each, Literal) for each in others):
        raise invalid("Invalid KeyConditionExpression: each condition compares a key with values")
    steps = paths.bound(path, names)
    if len(steps) > 1:
        raise invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    return str(steps[0])
