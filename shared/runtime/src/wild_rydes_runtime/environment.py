"""Read a function's settings from its environment."""

import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")


def read(settings: type[S], environment: Mapping[str, str]) -> S:
    """Make an instance of the dataclass `settings`. Each field's variable has the field's name in upper case.

    Numbers are parsed, mappings and sequences are JSON, and a field with a default may be left out. Raises KeyError
    that names every missing variable, and ValueError that names a variable which cannot be parsed.
    """
    hints = get_type_hints(settings)
    found: dict[str, Any] = {}
    missing = []
    for field in fields(settings):
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
    from pydantic import TypeAdapter  # noqa: PLC0415 - a cold start with text alone does without it

    is_json = isinstance(origin := get_origin(hint), type) and issubclass(origin, Collection)
    try:
        return TypeAdapter(hint).validate_python(json.loads(text) if is_json else text)
    except ValueError as error:
        raise ValueError(f"{name} is not of type {getattr(hint, '__name__', hint)}: {text!r}") from error
