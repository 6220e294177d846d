"""Attribute values as a table keeps them: in one form only, so that equal values are equal dicts.

What is kept is never changed and never handed out: callers get copies.
"""

import base64
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Any

from botocore.exceptions import ParamValidationError

from tests.simulation.aws.dynamo.refusal import invalid

Value = dict[str, Any]
Item = dict[str, Value]

DIGITS = 38
DEEPEST = 32
SETS = frozenset({"SS", "NS", "BS"})
_DEEP = frozenset({"L", "M", *SETS})
ORDERED = frozenset({"S", "N", "B"})
KINDS = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", *SETS})
_BYTELESS = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})

_EXACT = Context(prec=DIGITS, Emax=999, Emin=-999, traps=[Inexact, InvalidOperation])
_WRONG = "One or more parameter values were invalid: "


def canonical_item(item: Mapping[str, Mapping[str, Any]], depth: int = 0) -> Item:
    """Copy a caller's item, or its expression values, in the form in which it is kept, or refuse it."""
    kept = {}
    for name, value in item.items():
        if len(value) != 1:
            more = "has more than one datatypes set" if value else "is empty"
            raise invalid(
                f"Supplied AttributeValue {more}, must contain exactly one of the supported datatypes"
            )
        (kind,) = value
        content = value[kind]
        # Nearly everything is text or a number.
        if kind == "S":
            kept[name] = {"S": content if content.__class__ is str else _text(content)}
        elif kind == "N":
            kept[name] = {"N": number(content if content.__class__ is str else _text(content))}
        elif kind in _CANONICAL:
            kept[name] = {kind: _CANONICAL[kind](content, depth)}
        else:
            _wrong_type(kind)
    return kept


def number(text: str) -> str:
    """Write a number as DynamoDB does: without exponent, and without zeros that say nothing."""
    # Nearly all numbers are in that form.
    if text.isdigit() and text.isascii() and text[0] != "0" and len(text) <= DIGITS:
        return text
    return _number(text)


@lru_cache(maxsize=16384)
def _number(text: str) -> str:
    try:
        parsed = Decimal(text if text.isascii() and "_" not in text and text == text.strip() else "?")
    except InvalidOperation:
        parsed = Decimal("nan")
    if not parsed.is_finite():
        raise invalid(f"The parameter cannot be converted to a numeric value{': ' if text else ''}{text}")
    if not parsed:
        return "0"
    if len(parsed.as_tuple().digits) > DIGITS:
        try:
            parsed = _EXACT.plus(parsed)
        except Inexact:
            raise invalid("Attempting to store more than 38 significant digits in a Number") from None
    return written(parsed)


def written(parsed: Decimal) -> str:
    """Write a number that has at most 38 digits."""
    if not parsed:
        return "0"
    for beyond, flow, what in (
        (parsed.adjusted() > 125, "overflow", "larger"),
        (parsed.adjusted() < -130, "underflow", "smaller"),
    ):
        if beyond:
            raise invalid(
                f"Number {flow}. Attempting to store a number with magnitude {what} than supported range"
            )
    text = f"{parsed:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def added(one: str, other: str, sign: int = 1) -> str:
    """Add numbers, or subtract the other one."""
    calculate = _EXACT.add if sign > 0 else _EXACT.subtract
    try:
        return written(calculate(Decimal(one), Decimal(other)))
    except Inexact:
        raise invalid("Attempting to store more than 38 significant digits in a Number") from None


def _wrong_type(what: object) -> Any:
    raise ParamValidationError(report=f"Invalid type or member in an attribute value: {what!r}")


def _text(content: object) -> str:
    return str.__str__(content) if isinstance(content, str) else _wrong_type(content)


def _binary(content: object) -> bytes:
    if isinstance(content, str):  # botocore takes text, too
        return content.encode()
    return bytes(content) if isinstance(content, (bytes, bytearray)) else _wrong_type(content)


def _set_of(
    kind: str, member: Callable[[Any], Any], order: Callable[[Any], Any]
) -> Callable[[Any, int], list[Any]]:
    def canonical_set(content: Any, _: int) -> list[Any]:
        if not isinstance(content, (list, tuple)):
            _wrong_type(content)
        members = [member(each) for each in content]
        if not members:
            raise invalid(f"{_WRONG}An {kind} set  may not be empty")
        if "" in members or b"" in members:
            raise invalid(f"{_WRONG}An {kind} set may not have a empty string as a member")
        if len(set(members)) != len(members):
            shown = ", ".join(map(str, content))
            raise invalid(f"{_WRONG}Input collection [{shown}] contains duplicates.")
        return sorted(members, key=order)

    return canonical_set


def _list(content: Any, depth: int) -> list[Value]:
    if not isinstance(content, (list, tuple)):
        _wrong_type(content)
    _check_depth(depth)
    return [canonical_item({"": each}, depth + 1)[""] for each in content]


def _map(content: Any, depth: int) -> Item:
    if not isinstance(content, Mapping):
        _wrong_type(content)
    _check_depth(depth)
    return canonical_item(content, depth + 1)


def _check_depth(depth: int) -> None:
    if depth >= DEEPEST:
        raise invalid(
            f"{_WRONG}Nesting Levels have exceeded supported limits: Attributes in the item have nested levels"
            " beyond supported limit"
        )


def _bool(content: Any, _: int) -> bool:
    return content if isinstance(content, bool) else bool(_wrong_type(content))


def _null(content: Any, _: int) -> bool:
    if not _bool(content, 0):
        raise invalid(f"{_WRONG}Null attribute value types must have the value of true")
    return True


def in_order(kind: str, content: Any) -> Any:
    """What a scalar value is sorted by: text by its UTF-8, which is the order of code points."""
    return Decimal(content) if kind == "N" else content


_CANONICAL: dict[str, Callable[[Any, int], Any]] = {
    "B": lambda content, _: _binary(content),
    "BOOL": _bool,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of("string", _text, str),
    "NS": _set_of("number", lambda each: number(_text(each)), Decimal),
    "BS": _set_of("binary", _binary, bytes),
}


def copied(item: Item) -> Item:
    """Copy an item with all that is in it: for a caller, who may change it."""
    return {name: value.copy() if _DEEP.isdisjoint(value) else _copied(value) for name, value in item.items()}


def _copied(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "M":
        return {"M": copied(content)}
    if kind == "L":
        return {"L": [value.copy() if _DEEP.isdisjoint(value) else _copied(value) for value in content]}
    return {kind: content.copy()}


def streamed(item: Item) -> Item:
    """Make an item as JSON has it, in which bytes are base64 text. It shares with the item whatever has no bytes."""
    return {name: value if _BYTELESS.issuperset(value) else _streamed(value) for name, value in item.items()}


def _streamed(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "M":
        return {"M": streamed(content)}
    if kind == "L":
        return {"L": [each if _BYTELESS.issuperset(each) else _streamed(each) for each in content]}
    if kind == "B":
        return {"B": base64.b64encode(content).decode()}
    return {"BS": [base64.b64encode(each).decode() for each in content]}


def size(item: Item) -> int:
    """How many bytes an item counts for.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    total = 0
    for name, value in item.items():
        (kind,) = value
        content = value[kind]
        total += len(name) if name.isascii() else len(name.encode())
        if kind == "S":
            total += len(content) if content.isascii() else len(content.encode())
        else:
            total += _SIZES[kind](content)
    return total


def _number_size(text: str) -> int:
    # Digits are kept in pairs on both sides of the point, but for zeros at the ends.
    if text.isdigit():
        return (len(text) + 1) // 2 - (len(text) - len(text.rstrip("0"))) // 2 + 1
    whole, _, fraction = text.lstrip("-").partition(".")
    pairs = whole.zfill(len(whole) + len(whole) % 2) + fraction.ljust(len(fraction) + len(fraction) % 2, "0")
    kept = [pairs[start : start + 2] for start in range(0, len(pairs), 2)]
    while kept and kept[-1] == "00":
        kept.pop()
    while kept and kept[0] == "00":
        kept.pop(0)
    return len(kept) + 1 + text.startswith("-")


_SIZES: dict[str, Callable[[Any], int]] = {
    "N": _number_size,
    "M": lambda content: 3 + len(content) + size(content),
    "L": lambda content: 3 + len(content) + sum(size({"": each}) for each in content),
    "B": len,
    "SS": lambda content: sum(len(each.encode()) for each in content),
    "NS": lambda content: sum(map(_number_size, content)),
    "BS": lambda content: sum(map(len, content)),
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
}
