"""Event patterns with the semantics of AWS's event-ruler, which matches EventBridge's rules and Lambda's filters.

A pattern gives lists of matchers to fields, and a field is named by its path. An event matches if each field of the
pattern has a value that one of its matchers accepts. Arrays dissolve: a field has the values of all elements, but all
fields of a match come from the same element of each array of objects.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://github.com/aws/event-ruler, whose answers tests/infra/proof/event_ruler.json holds this module to
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias

from infra.proof.matchers import OPERATORS, InvalidPattern, Matcher, parse

Json: TypeAlias = Any
Fields: TypeAlias = Mapping[str, tuple[Matcher, ...]]
"""The path of a field, with dots between its steps, and what its values may be."""
_Membership: TypeAlias = Mapping[int, int]
"""Array -> the element that a value is in."""

_OR: Final = "$or"


@dataclass(frozen=True)
class EventPattern:
    """A pattern. `alternatives` are the ways to match it: more than one only where it says `$or`."""

    alternatives: tuple[Fields, ...]

    @classmethod
    def of(cls, document: Json) -> "EventPattern":
        """Read a pattern. Raises InvalidPattern for what event-ruler would refuse, such as an unknown operator."""
        if not isinstance(document, dict):
            raise InvalidPattern("a pattern is an object")
        return cls(tuple(_compile(document, "", [{}], in_or=False)))

    def matches(self, event: Mapping[str, Json]) -> bool:
        """Say whether the event matches."""
        values: dict[str, list[tuple[Json, _Membership]]] = defaultdict(list)
        for name, value, membership in _flatten(event, "", {}, count()):
            values[name].append((value, membership))
        return any(_consistent(sorted(fields), fields, values, {}) for fields in self.alternatives)


def _compile(
    document: Mapping[str, Json], path: str, so_far: list[dict[str, tuple[Matcher, ...]]], *, in_or: bool
) -> list[dict[str, tuple[Matcher, ...]]]:
    if not document:
        raise InvalidPattern(f"{path or 'the pattern'} is empty, and so matches nothing")
    for step, value in document.items():
        if step == _OR:
            so_far = _compile_or(value, path, so_far)
            continue
        if in_or and step in OPERATORS:
            raise InvalidPattern(f"{step!r} inside {_OR} would be a field, not an operator")
        name = f"{path}.{step}" if path else step
        match value:
            case dict():
                so_far = _compile(value, name, so_far, in_or=in_or)
            case [_, *_]:
                matchers = tuple(parse(matcher) for matcher in value)
                so_far = [{**fields, name: matchers} for fields in so_far]
            case _:
                raise InvalidPattern(f"{name} needs an object, or a list of what it may be, not {value!r}")
    return so_far


def _compile_or(
    choices: Json, path: str, so_far: list[dict[str, tuple[Matcher, ...]]]
) -> list[dict[str, tuple[Matcher, ...]]]:
    match choices:
        case [dict(), dict(), *_] if all(isinstance(choice, dict) for choice in choices):
            return [fields for choice in choices for fields in _compile(choice, path, so_far, in_or=True)]
    raise InvalidPattern(f"{_OR} needs a list of two objects or more")


def _flatten(
    value: Json, path: str, membership: _Membership, arrays: Iterator[int]
) -> Iterator[tuple[str, Json, _Membership]]:
    """Go through the values of all fields. Objects and arrays are no values, so an empty one has none."""
    match value:
        case dict():
            for step, inner in value.items():
                yield from _flatten(inner, f"{path}.{step}" if path else step, membership, arrays)
        case list():
            array = next(arrays)
            for index, element in enumerate(value):
                inside = {**membership, array: index} if isinstance(element, dict | list) else membership
                yield from _flatten(element, path, inside, arrays)
        case _:
            yield path, value, membership


def _consistent(
    names: list[str],
    fields: Fields,
    values: Mapping[str, list[tuple[Json, _Membership]]],
    chosen: _Membership,
) -> bool:
    """Say whether values of these fields match that are in the chosen elements of arrays.

    Fields are taken by their names, as event-ruler does: a field that must not exist is looked for in the elements
    that were chosen before.
    """
    if not names:
        return True
    name, *others = names
    inside = [
        (value, membership)
        for value, membership in values.get(name, ())
        if all(chosen.get(array, index) == index for array, index in membership.items())
    ]
    if not inside:
        absent = any(matcher.absent for matcher in fields[name])
        return absent and _consistent(others, fields, values, chosen)
    return any(
        _consistent(others, fields, values, {**chosen, **membership})
        for value, membership in inside
        if any(matcher.accepts(value) for matcher in fields[name])
    )
