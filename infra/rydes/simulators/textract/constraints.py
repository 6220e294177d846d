"""What AWS's own description of an operation allows in its requests: botocore has it, but checks types alone."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, Shape, StructureShape


def violations(value: Any, shape: Shape, name: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Name every part of a request that its shape does not allow."""
    if isinstance(shape, StructureShape):
        yield from _structure(value, shape, name)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{name} is no list"
            return
        for index, item in enumerate(value):
            yield from violations(item, shape.member, f"{name}[{index}]")
    elif shape.type_name == "string":
        yield from _string(value, shape, name)
    elif shape.type_name == "integer" and (
        not isinstance(value, int) or value < shape.metadata.get("min", value)
    ):
        yield f"{name} is no number from {shape.metadata.get('min')} on"


def _structure(value: Any, shape: StructureShape, name: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        yield f"{name or 'the request'} is no object"
        return
    members = shape.members
    for missing in [key for key in shape.required_members if key not in value]:
        yield f"{name}.{missing} is missing".lstrip(".")
    for key, part in value.items():
        if key in members:  # AWS ignores others
            yield from violations(part, members[key], f"{name}.{key}".lstrip("."))


def _string(value: Any, shape: Shape, name: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    rules = shape.metadata
    if not isinstance(value, str):
        yield f"{name} is no text"
    elif "enum" in rules:
        if value not in rules["enum"]:
            yield f"{name} is none of {', '.join(rules['enum'])}"
    elif not rules.get("min", 0) <= len(value) <= rules.get("max", len(value)):
        yield f"{name} has {len(value)} characters"
    elif "pattern" in rules and not re.fullmatch(rules["pattern"], value, re.DOTALL):
        yield f"{name} does not match {rules['pattern']}"
