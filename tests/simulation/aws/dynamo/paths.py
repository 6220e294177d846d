"""Document paths: what is at them, and what a projection to them leaves."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.simulation.aws.dynamo.grammar import Path
from tests.simulation.aws.dynamo.refusal import invalid
from tests.simulation.aws.dynamo.values import Item, Value

Steps = tuple[str | int, ...]
"""Of a path whose placeholders are known."""


def bound(path: Path, names: Mapping[str, str]) -> Steps:
    """Put in the names that placeholders stand for."""
    return tuple(
        names[step] if isinstance(step, str) and step.startswith("#") else step for step in path.steps
    )


def getter(steps: Steps) -> Callable[[Item], Value | None]:
    """Make what finds the value at a path."""
    if len(steps) == 1:
        name = str(steps[0])
        return lambda item: item.get(name)
    return lambda item: at(item, steps)


def at(item: Item, steps: Steps) -> Value | None:
    """Find the value at a path."""
    value: Value | None = {"M": item}
    for step in steps:
        if value is None:
            return None
        if isinstance(step, str):
            value = value.get("M", {}).get(step)
        else:
            elements = value.get("L", ())
            value = elements[step] if step < len(elements) else None
    return value


def shown(steps: Steps) -> str:
    """Write a path as DynamoDB's messages do."""
    return "[" + ", ".join(step if isinstance(step, str) else f"[{step}]" for step in steps) + "]"


def require_apart(kind: str, paths: Iterable[Steps]) -> None:
    """Refuse paths of which one is within another, or that take one place for a map and for a list."""
    kept: list[Steps] = []
    for path in paths:
        for other in kept:
            shared = min(len(path), len(other))
            differ = next((n for n in range(shared) if path[n] != other[n]), None)
            if differ is None:
                how = "overlap"
            elif isinstance(path[differ], str) != isinstance(other[differ], str):
                how = "conflict"
            else:
                continue
            raise invalid(
                f"Invalid {kind}: Two document paths {how} with each other; must remove or rewrite one of these"
                f" paths; path one: {shown(other)}, path two: {shown(path)}"
            )
        kept.append(path)


def projected(item: Item, paths: Iterable[Steps]) -> Item:
    """Keep what is at some paths. Elements of a list move together."""
    kept: dict[str, Any] = {}
    for steps in paths:
        if (value := at(item, steps)) is None:
            continue
        place: Any = kept
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = _Whole(value)
    return {name: _assembled(part) for name, part in kept.items()}


class _Whole:
    """A value that is kept with all that is in it."""

    def __init__(self, value: Value) -> None:
        self.value = value


def _assembled(part: Any) -> Value:
    if isinstance(part, _Whole):
        return part.value
    if isinstance(next(iter(part)), int):
        return {"L": [_assembled(part[index]) for index in sorted(part)]}
    return {"M": {name: _assembled(inner) for name, inner in part.items()}}
