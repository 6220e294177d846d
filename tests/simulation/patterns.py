"""Event patterns, as quickly as a simulation needs them: only the fields that a pattern names are looked at."""

from collections.abc import Callable, Mapping
from typing import Any

from infra.proof.ruler import EventPattern

Matches = Callable[[Mapping[str, Any]], bool]


class _Array(Exception):
    """A value of the event is an array, which takes longer."""


def compiled(document: Any) -> Matches:
    """Make what `EventPattern.matches` says, for this pattern."""
    pattern = EventPattern.of(document)
    ways = [
        [(tuple(name.split(".")), matchers) for name, matchers in fields.items()]
        for fields in pattern.alternatives
    ]

    def matches(event: Mapping[str, Any]) -> bool:
        try:
            return any(all(_accepted(event, path, matchers) for path, matchers in way) for way in ways)
        except _Array:
            return pattern.matches(event)

    return matches


def _accepted(event: Any, path: tuple[str, ...], matchers: Any) -> bool:
    value = event
    try:
        for step in path:
            value = value[step]
    except KeyError:
        return _may_be_absent(matchers)
    except TypeError:
        if isinstance(value, list):
            raise _Array from None
        return _may_be_absent(matchers)
    if isinstance(value, list):
        return _one_accepted(value, matchers)
    if isinstance(value, dict):
        return _may_be_absent(matchers)
    return any(matcher.accepts(value) for matcher in matchers)


def _one_accepted(values: list[Any], matchers: Any) -> bool:
    """Look at the elements of an array, each by itself. Objects in it belong together, which takes longer."""
    if any(isinstance(value, list | dict) for value in values):
        raise _Array
    if not values:
        return _may_be_absent(matchers)
    return any(matcher.accepts(value) for value in values for matcher in matchers)


def _may_be_absent(matchers: Any) -> bool:
    return any(matcher.absent for matcher in matchers)
