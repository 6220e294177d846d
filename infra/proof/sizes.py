"""The largest messages that the contracts admit, against what the bus and the queues take.

The bounds are those of the JSON Schemas: a text or a list without one has no largest message at all.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html says how an event is counted.
"""

import importlib
import json
import math
import re
from collections.abc import Iterator
from typing import Final

from infra.assembly import Assembly
from infra.proof import quotas
from infra.proof.finding import Finding
from infra.proof.json_schema import Schema, forms
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message
from wild_rydes_contracts.schemas import json_schema

_PARSER: Final = importlib.import_module("re._parser")
"""No public module tells how long a match of a pattern may be."""

_ESCAPED: Final = len(r"\ud83e\udd84")
"""Bytes of a character that is not ASCII: `Envelope.to_json` escapes it."""

_FORMATS: Final = {
    "uuid": 36,
    "date": len("2026-11-26"),
    "date-time": len("2026-11-26T12:34:56.789000+00:00"),
}
_SCALARS: Final = {
    "integer": len(str(-(2**63))),  # without bounds: what is stored and counted fits into 64 bits
    "number": len("-2.2250738585072014e-308"),
    "boolean": len("false"),
    "null": len("null"),
}

_AROUND: Final = 512
"""Bytes that EventBridge adds to an event on its way to a queue: id, account, time, region and the keys."""


def check(_: Assembly) -> Iterator[Finding]:
    """Check every contract."""
    for contract in (*EVENTS, *MESSAGES):
        yield from check_contract(contract)


def check_contract(contract: type[Message]) -> Iterator[Finding]:
    """Check an event against the bus and the queues behind it, and an answer against its queue."""
    size = largest_message(contract)
    limits = [(quotas.MESSAGE, size)]
    if issubclass(contract, Event):
        entry = size + len(contract.source) + len(contract.name)
        limits = [(quotas.EVENT, entry), (quotas.MESSAGE, entry + _AROUND)]
    for quota, bytes_ in limits:
        if why := quota.exceeded(bytes_):
            yield Finding(
                "a message that may be too large",
                contract.name,
                "its schema admits a message of any size" if math.isinf(size) else f"its schema admits {why}",
                f"Bound its texts and lists (max_length, pattern). See {quota.source}",
            )
            return


def largest_message(contract: type[Message]) -> float:
    """Count the bytes of the largest message of a contract, its envelope included. Infinity if there is none."""
    schema = json_schema(contract)
    return largest(schema, schema)


def largest(schema: Schema, root: Schema) -> float:
    """Count the bytes of the largest JSON text of a schema. Infinity if there is none."""
    return max(_largest(form, root) for form in forms(schema, root))


def _largest(form: Schema, root: Schema) -> float:
    size: float
    if "const" in form or "enum" in form:
        return max(len(json.dumps(value)) for value in form.get("enum", [form.get("const")]))
    match form.get("type"):
        case "object":
            fields = form.get("properties", {}).items()
            size = 2 + sum(len(json.dumps(name)) + 2 + largest(field, root) for name, field in fields)
        case "array":
            size = 2 + form.get("maxItems", math.inf) * (1 + largest(form.get("items", {}), root))
        case "string":
            size = 2 + _longest_text(form)
        case "integer" if {"minimum", "maximum"} <= form.keys():
            size = max(len(str(form[bound])) for bound in ("minimum", "maximum"))
        case "integer" | "number" | "boolean" | "null" as type_:
            size = _SCALARS[type_]
        case _:
            size = math.inf
    return size


def _longest_text(form: Schema) -> float:
    if "format" in form:
        return _FORMATS.get(form["format"], math.inf)
    pattern = form.get("pattern", ".*")
    _, width = _PARSER.parse(pattern).getwidth()
    characters = min(form.get("maxLength", math.inf), math.inf if width >= _PARSER.MAXREPEAT else width)
    return float(characters * _bytes_each(pattern))


def _bytes_each(pattern: str) -> int:
    """Count the bytes of a character, at most, in a text that matches the pattern."""
    outside_of_classes = re.sub(r"\[(?:\\.|[^\]\\])*\]", "", pattern)
    any_character = "[^" in pattern or re.search(r"(?<!\\)\.|\\[DSWdsw]", outside_of_classes)
    if any_character or not pattern.isascii():
        return _ESCAPED
    return 2 if '"' in pattern or r"\\" in pattern else 1  # JSON escapes both
