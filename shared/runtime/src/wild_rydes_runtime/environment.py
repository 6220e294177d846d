"""Read a function's settings from its environment."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_origin, get_type_hints

from pydantic import TypeAdapter

S = TypeVar("S")


def read(settings: type[S], environment: Mapping[str, str]) -> S:
    """Make an instance of the dataclass `settings`, each field from the variable of its name in upper case.

    Numbers are parsed, mappings are JSON objects, and a field with a default may be left out. Raises KeyError naming every
    variable that is missing, ValueError naming one that cannot be parsed.
    """
    hints = get_type_hints(settings)
    found: dict[str, Any] = {}
    missing = []
    for field in fields(settings):  # type: ignore[arg-type]
        name = field.name.upper()
        if name in environment:
            found[field.name] = _parsed(name, environment[name], hints[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            missing.append(name)
    if missing:
        raise KeyError(", ".join(missing))
    return settings(**found)


def _parsed(name: str, text: str, hint: Any) -> Any:  # noqa: ANN401 - a field's type, and its value
    if hint is str:
        return text
    is_mapping = isinstance(origin := get_origin(hint), type) and issubclass(origin, Mapping)
    try:
        return TypeAdapter(hint).validate_python(json.loads(text) if is_mapping else text)
    except ValueError as error:
        raise ValueError(f"{name} is no {hint}") from error
