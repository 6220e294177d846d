"""The size of a DynamoDB item, and the units that reading or writing it takes.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's own JSON: `{"id": {"S": "…"}}`."""


def item_bytes(item: Item) -> int:
    """Bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(item: Item) -> int:
    """Write request units: one for each begun KB."""
    return max(1, math.ceil(item_bytes(item) / 1024))


def read_units(size: int, *, consistent: bool) -> float:
    """Read request units for `size` bytes in one operation: one for each begun 4 KB, half if eventually consistent."""
    return max(1, math.ceil(size / 4096)) * (1.0 if consistent else 0.5)


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    sizes: dict[str, Callable[[Any], int]] = {
        "S": lambda text: len(text.encode()),
        "N": _number_bytes,
        "B": lambda data: len(data if isinstance(data, bytes) else base64.b64decode(data)),
        "BOOL": lambda _: 1,
        "NULL": lambda _: 1,
        "SS": lambda texts: sum(len(text.encode()) for text in texts),
        "NS": lambda numbers: sum(map(_number_bytes, numbers)),
        "L": lambda elements: 3 + sum(1 + _value_bytes(element) for element in elements),
        "M": lambda entries: 3 + sum(1 + len(k.encode()) + _value_bytes(v) for k, v in entries.items()),
    }
    return sizes[kind](content)


def _number_bytes(number: str) -> int:
    """About one byte for two significant digits, one more, and one for a minus sign."""
    digits = number.lstrip("-").replace(".", "").strip("0") or "0"
    return math.ceil(len(digits) / 2) + 1 + number.startswith("-")
