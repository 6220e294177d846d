"""Conditions and filters, compiled to closures: of an item and the expression's values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from tests.simulation.aws.dynamo import paths
from tests.simulation.aws.dynamo.grammar import Expression, Group, Literal, Path
from tests.simulation.aws.dynamo.refusal import invalid
from tests.simulation.aws.dynamo.values import KINDS, ORDERED, SETS, Item, Value, in_order

Values = Mapping[str, Value]
Holds = Callable[[Item, Values], bool]
Operand = Callable[[Item, Values], Value | None]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_MOST_CHOICES = 100


@dataclass(frozen=True)
class Condition:
    """A compiled condition. `checks` refuse values of kinds that an operator does not take, whatever the item."""

    holds: Holds
    checks: tuple[Callable[[Values], None], ...]
    attributes: frozenset[str]
    """The top-level attributes that it looks at."""


def compiled(expression: Expression, names: Mapping[str, str]) -> Condition:
    """Compile a condition, with the names that its placeholders stand for."""
    compiler = _Compiler(expression.kind, names)
    holds = compiler.condition(expression.tree)
    return Condition(holds, tuple(compiler.checks), frozenset(compiler.attributes))


class _Compiler:
    def __init__(self, kind: str, names: Mapping[str, str]) -> None:
        self._kind = kind
        self._names = names
        self.checks: list[Callable[[Values], None]] = []
        self.attributes: set[str] = set()

    def condition(self, tree: Any) -> Holds:
        if isinstance(tree, Group):
            return self.condition(tree.condition)
        function, operands = tree
        if function in ("AND", "OR", "NOT"):
            return _junction(function, [self.condition(each) for each in operands])
        self._require_distinct(function, operands)
        ways = [self._operand(each) for each in operands]
        self._require_kinds(function, operands)
        if function in _ORDER:
            return _ordered(_ORDER[function], *ways)
        return _FUNCTIONS[function](*ways)

    def _require_kinds(self, function: str, operands: tuple[Any, ...]) -> None:
        """Check what a function takes, whatever the item."""
        if function in _ORDER or function == "BETWEEN":
            self._takes(function, ORDERED, *operands)
        if function == "BETWEEN":
            self._require_bounds(operands[1], operands[2])
        elif function == "IN" and len(operands) > _MOST_CHOICES + 1:
            raise invalid(
                f"Invalid {self._kind}: Too many operands for operator; operator: IN, number of operands:"
                f" {len(operands) - 1}"
            )
        elif function == "attribute_type":
            self._require_type_name(operands[1])
        elif function == "begins_with":
            self._takes(function, frozenset({"S", "B"}), *operands)

    def _operand(self, operand: Any) -> Operand:
        if isinstance(operand, Literal):
            name = operand.name
            return lambda _, values: values[name]
        if isinstance(operand, Path):
            steps = paths.bound(operand, self._names)
            self.attributes.add(str(steps[0]))
            if len(steps) == 1:
                top = str(steps[0])
                return lambda item, _: item.get(top)
            return lambda item, _: paths.at(item, steps)
        measured = self._operand(operand.operands[0])
        return lambda item, values: _size(measured(item, values))

    def _require_distinct(self, function: str, operands: tuple[Any, ...]) -> None:
        first, *others = operands
        if isinstance(first, Path) and first in others:
            raise invalid(
                f"Invalid {self._kind}: The first operand must be distinct from the remaining operands for this"
                f" operator or function; operator: {function}, first operand:"
                f" {paths.shown(paths.bound(first, self._names))}"
            )

    def _takes(self, function: str, kinds: frozenset[str], *operands: Any) -> None:
        for operand in operands:
            if isinstance(operand, Literal):
                self.checks.append(self._kind_check(function, kinds, operand.name))

    def _kind_check(self, function: str, kinds: frozenset[str], name: str) -> Callable[[Values], None]:
        def check(values: Values) -> None:
            if kinds.isdisjoint(values[name]):
                (kind,) = values[name]
                raise invalid(
                    f"Invalid {self._kind}: Incorrect operand type for operator or function; operator or"
                    f" function: {function}, operand type: {kind}"
                )

        return check

    def _require_bounds(self, low: Any, high: Any) -> None:
        if not (isinstance(low, Literal) and isinstance(high, Literal)):
            return

        def check(values: Values) -> None:
            ((kind, least),), ((other, most),) = values[low.name].items(), values[high.name].items()
            if kind != other:
                why = "requires same data type for lower and upper bounds"
            elif in_order(kind, least) > in_order(kind, most):
                why = "requires upper bound to be greater than or equal to lower bound"
            else:
                return
            raise invalid(
                f"Invalid {self._kind}: The BETWEEN operator {why}; lower bound operand: AttributeValue:"
                f" {{{kind}:{least}}}, upper bound operand: AttributeValue: {{{other}:{most}}}"
            )

        self.checks.append(check)

    def _require_type_name(self, operand: Any) -> None:
        self._takes("attribute_type", frozenset({"S"}), operand)
        if not isinstance(operand, Literal):
            raise invalid(
                f"Invalid {self._kind}: Incorrect operand type for operator or function; operator or function:"
                " attribute_type, operand type: PATH"
            )

        def check(values: Values) -> None:
            if (kind := values[operand.name]["S"]) not in KINDS:
                raise invalid(
                    f"Invalid {self._kind}: Invalid attribute type name found; type: {kind}, valid types:"
                    f" {{{','.join(sorted(KINDS))}}}"
                )

        self.checks.append(check)


def _junction(word: str, parts: list[Holds]) -> Holds:
    if word == "NOT":
        (negated,) = parts
        return lambda item, values: not negated(item, values)
    if len(parts) == 2:
        one, other = parts
        if word == "AND":
            return lambda item, values: one(item, values) and other(item, values)
        return lambda item, values: one(item, values) or other(item, values)
    if word == "AND":
        return lambda item, values: all(part(item, values) for part in parts)
    return lambda item, values: any(part(item, values) for part in parts)


def _equal(one: Operand, other: Operand) -> Holds:
    def equal(item: Item, values: Values) -> bool:
        found = one(item, values)
        return found is not None and found == other(item, values)

    return equal


def _unequal(one: Operand, other: Operand) -> Holds:
    equal = _equal(one, other)
    return lambda item, values: not equal(item, values)


def _exists(operand: Operand) -> Holds:
    return lambda item, values: operand(item, values) is not None


def _exists_not(operand: Operand) -> Holds:
    return lambda item, values: operand(item, values) is None


def _is_of_type(operand: Operand, kind: Operand) -> Holds:
    def is_of_type(item: Item, values: Values) -> bool:
        named = kind(item, values)
        return named is not None and named["S"] in (operand(item, values) or ())

    return is_of_type


def compare(holds: Callable[[Any, Any], bool], one: Value | None, other: Value | None) -> bool:
    """Compare two values in their order. Those of different kinds, or without an order, never do."""
    if one is None or other is None:
        return False
    ((kind, left),), ((other_kind, right),) = one.items(), other.items()
    if kind != other_kind or kind not in ORDERED:
        return False
    if kind == "N":
        return holds(Decimal(left), Decimal(right))
    return holds(left, right)


def _ordered(holds: Callable[[Any, Any], bool], one: Operand, other: Operand) -> Holds:
    return lambda item, values: compare(holds, one(item, values), other(item, values))


def _between(operand: Operand, low: Operand, high: Operand) -> Holds:
    def between(item: Item, values: Values) -> bool:
        found = operand(item, values)
        return compare(ge, found, low(item, values)) and compare(le, found, high(item, values))

    return between


def _in(operand: Operand, *choices: Operand) -> Holds:
    def chosen(item: Item, values: Values) -> bool:
        found = operand(item, values)
        return found is not None and any(found == choice(item, values) for choice in choices)

    return chosen


def _begins_with(operand: Operand, prefix: Operand) -> Holds:
    def begins(item: Item, values: Values) -> bool:
        found, wanted = operand(item, values), prefix(item, values)
        if found is None or wanted is None:
            return False
        ((kind, text),), ((other, start),) = found.items(), wanted.items()
        return kind == other and kind in ("S", "B") and text.startswith(start)

    return begins


def _contains(operand: Operand, part: Operand) -> Holds:
    def contains(item: Item, values: Values) -> bool:
        found, wanted = operand(item, values), part(item, values)
        if found is None or wanted is None:
            return False
        ((kind, content),), ((other, member),) = found.items(), wanted.items()
        if kind == "L":
            return wanted in content
        if kind in SETS:
            return bool(kind == other + "S" and member in content)
        return bool(kind == other and kind in ("S", "B") and member in content)

    return contains


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind in ("N", "BOOL", "NULL"):
        return None
    return {"N": str(len(content))}


_FUNCTIONS: dict[str, Callable[..., Holds]] = {
    "=": _equal,
    "<>": _unequal,
    "BETWEEN": _between,
    "IN": _in,
    "attribute_exists": _exists,
    "attribute_not_exists": _exists_not,
    "attribute_type": _is_of_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
