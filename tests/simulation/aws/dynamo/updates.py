"""Update expressions, compiled: of an item and the expression's values, they make the item that follows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.simulation.aws.dynamo import paths
from tests.simulation.aws.dynamo.grammar import Action, Call, Expression, Literal, Path
from tests.simulation.aws.dynamo.paths import Steps
from tests.simulation.aws.dynamo.refusal import invalid
from tests.simulation.aws.dynamo.values import SETS, Item, Value, added

Values = Mapping[str, Value]
Operand = Callable[[Item, Values], Value]
Change = tuple[Steps, Callable[[Item, Values], Value | None]]
"""A path, and the value that it gets; None if it is removed."""

_KINDS = {"ADD": frozenset({"N", *SETS}), "DELETE": SETS}
_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}


@dataclass(frozen=True)
class Update:
    """A compiled update."""

    changes: tuple[Change, ...]
    removals: tuple[Steps, ...]
    """The last elements of a list come first, so that none moves before it is removed."""
    checks: tuple[Callable[[Values], None], ...]
    paths: tuple[Steps, ...]
    attributes: frozenset[str]
    """The top-level attributes that it changes."""
    creates: bool
    """Whether it makes an item where there is none."""

    def applied(self, item: Item, values: Values) -> Item:
        """Make the item that follows. It shares with the former what does not change."""
        found = [(steps, value(item, values)) for steps, value in self.changes]
        gone = [steps for steps in self.removals if len(steps) == 1 or _is_there(item, steps)]
        after = dict(item)
        for steps, value in found:
            _put(after, steps, value)
        for steps in gone:
            _put(after, steps, None)
        return after


def compiled(expression: Expression, names: Mapping[str, str]) -> Update:
    """Compile an update, with the names that its placeholders stand for."""
    tree: tuple[Action, ...] = expression.tree
    places = [paths.bound(action.path, names) for action in tree]
    paths.require_apart(expression.kind, places)
    checks: list[Callable[[Values], None]] = []
    changes: list[Change] = []
    removals: list[Steps] = []
    for action, steps in zip(tree, places, strict=True):
        if action.clause == "REMOVE":
            removals.append(steps)
        elif action.clause == "SET":
            changes.append((steps, _operand(action.operand, names)))
            checks += _arithmetic_checks(action.operand)
        else:
            checks.append(_kind_check(action.clause, action.operand.name, _KINDS[action.clause]))
            changes.append((steps, _folding(action.clause, steps, action.operand.name)))
    return Update(
        changes=tuple(sorted(changes, key=lambda change: _place(change[0]))),
        removals=tuple(sorted(removals, key=_place, reverse=True)),
        checks=tuple(checks),
        paths=tuple(places),
        attributes=frozenset(str(steps[0]) for steps in places),
        creates=any(action.clause in ("SET", "ADD") for action in tree),
    )


def _place(steps: Steps) -> tuple[tuple[int, str], ...]:
    return tuple((-1, step) if isinstance(step, str) else (step, "") for step in steps)


def _operand(operand: Any, names: Mapping[str, str]) -> Operand:
    if isinstance(operand, Literal):
        name = operand.name
        return lambda _, values: values[name]
    if isinstance(operand, Path):
        find = paths.getter(paths.bound(operand, names))
        return lambda item, _: _existing(find(item))
    function, (first, second) = operand
    other = _operand(second, names)
    if function == "if_not_exists":
        find = paths.getter(paths.bound(first, names))

        def first_of(item: Item, values: Values) -> Value:
            found = find(item)
            return other(item, values) if found is None else found

        return first_of
    one = _operand(first, names)
    if function == "list_append":
        return lambda item, values: {
            "L": _content("L", one(item, values)) + _content("L", other(item, values))
        }
    sign = 1 if function == "+" else -1
    return lambda item, values: {
        "N": added(_content("N", one(item, values)), _content("N", other(item, values)), sign)
    }


def _existing(value: Value | None) -> Value:
    if value is None:
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _content(kind: str, value: Value) -> Any:
    if kind not in value:
        raise invalid("An operand in the update expression has an incorrect data type")
    return value[kind]


def _folding(clause: str, steps: Steps, name: str) -> Callable[[Item, Values], Value | None]:
    """ADD to what is there, or DELETE from it."""
    find = paths.getter(steps)

    def fold(item: Item, values: Values) -> Value | None:
        found, ((kind, content),) = find(item), values[name].items()
        if found is None:
            return values[name] if clause == "ADD" else None
        there = _content(kind, found)
        if kind == "N":
            return {"N": added(there, content)}
        if clause == "ADD":
            more = [member for member in content if member not in there]
            return {kind: sorted(there + more, key=Decimal if kind == "NS" else None)} if more else found
        left = [member for member in there if member not in content]
        return {kind: left} if left else None

    return fold


def _arithmetic_checks(operand: Any) -> Iterator[Callable[[Values], None]]:
    if not isinstance(operand, Call):
        return
    kinds = {"+": frozenset({"N"}), "-": frozenset({"N"}), "list_append": frozenset({"L"})}
    for each in operand.operands:
        if isinstance(each, Literal) and operand.function in kinds:
            yield _kind_check(operand.function, each.name, kinds[operand.function])
        yield from _arithmetic_checks(each)


def _kind_check(function: str, name: str, kinds: frozenset[str]) -> Callable[[Values], None]:
    def check(values: Values) -> None:
        if kinds.isdisjoint(values[name]):
            (kind,) = values[name]
            named = f"operand type: {_NAMES.get(kind, kind) if function in _KINDS else kind}"
            typed = f", typeSet: ALLOWED_FOR_{function}_OPERAND" if function in _KINDS else ""
            raise invalid(
                "Invalid UpdateExpression: Incorrect operand type for operator or function; operator"
                f"{'' if function in _KINDS else ' or function'}: {function}, {named}{typed}"
            )

    return check


def _is_there(item: Item, steps: Steps) -> bool:
    """Whether there is something to remove. Refuses a path into what is no map or list."""
    parent = _within(paths.at(item, steps[:-1]), steps[-1])
    last = steps[-1]
    return last in parent if isinstance(last, str) else last < len(parent)


def _within(value: Value | None, step: str | int) -> Any:
    kind = "M" if isinstance(step, str) else "L"
    if value is None or kind not in value:
        raise invalid("The document path provided in the update expression is invalid for update")
    return value[kind]


def _put(item: Item, steps: Steps, value: Value | None) -> None:
    """Put a value in an item of our own, or remove it. What leads to it is copied."""
    place: Any = item
    for step, following in pairwise(steps):
        inner = place.get(step) if isinstance(step, str) else place[step] if step < len(place) else None
        copy = _within(inner, following).copy()
        place[step] = {"M" if isinstance(following, str) else "L": copy}
        place = copy
    last = steps[-1]
    if value is None:
        if isinstance(last, str):
            place.pop(last, None)
        elif last < len(place):
            del place[last]
    elif isinstance(last, str) or last < len(place):
        place[last] = value
    else:
        place.append(value)
