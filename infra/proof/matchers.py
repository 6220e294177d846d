"""The matchers of an event pattern: what a field of an event may be.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import operator
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

from infra.assembly import as_list

Json: TypeAlias = Any
Accepts: TypeAlias = Callable[[Json], bool]


class InvalidPattern(ValueError):
    """AWS would refuse the pattern. The message says what it is about it."""


@dataclass(frozen=True)
class Matcher:
    """`accepts` a value of the field, or, if `absent`, that it has none. `text` is how the pattern has it."""

    text: Json
    accepts: Accepts
    absent: bool = False


def parse(document: Json) -> Matcher:
    """Read a matcher. Raises InvalidPattern for one that AWS does not know."""
    match document:
        case dict():
            [(name, operand)] = document.items() if len(document) == 1 else [("", None)]
            if name not in OPERATORS:
                raise InvalidPattern(f"{document!r} is no operator of event patterns: {', '.join(OPERATORS)}")
            return Matcher(document, OPERATORS[name](operand), absent=document == {"exists": False})
        case list():
            raise InvalidPattern(f"{document!r} is a list in a list")
    return Matcher(document, _exactly(document))


def is_number(value: Json) -> bool:
    """Say whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exactly(expected: Json) -> Accepts:
    if isinstance(expected, str) and (address := _address(expected)) is not None:
        return lambda value: _address(value) == address
    if is_number(expected):
        return lambda value: is_number(value) and value == expected
    return lambda value: type(value) is type(expected) and value == expected


def _exact_string(operand: Json) -> Accepts:
    expected = _string(operand, "exactly")
    return lambda value: bool(value == expected)


def _address(value: Json) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(value) if isinstance(value, str) else None
    return None


def _string(operand: Json, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{name} takes a text, not {operand!r}")
    return operand


def _on_strings(name: str, accepts: Callable[[str, str], bool]) -> Callable[[Json], Accepts]:
    """Make an operator that accepts only strings. In another case it ignores case, where AWS has that form."""

    def parsed(operand: Json) -> Accepts:
        match operand:
            case {"equals-ignore-case": inner, **others} if name in ("prefix", "suffix") and not others:
                lower = _string(inner, name).lower()
                return lambda value: isinstance(value, str) and accepts(value.lower(), lower)
        text = _string(operand, name)
        return lambda value: isinstance(value, str) and accepts(value, text)

    return parsed


_prefix: Final = _on_strings("prefix", str.startswith)
_suffix: Final = _on_strings("suffix", str.endswith)
_ignoring_case: Final = _on_strings("equals-ignore-case", lambda value, text: value.lower() == text.lower())


def _wildcard(operand: Json) -> Accepts:
    text = _string(operand, "wildcard")
    if not re.fullmatch(r"(?:[^\\]|\\[*\\])*", text, re.DOTALL):
        raise InvalidPattern(f"wildcard {text!r}: a backslash escapes * and itself alone")
    parts = re.findall(r"\\[*\\]|.", text, re.DOTALL)
    if any(one == another == "*" for one, another in pairwise(parts)):
        raise InvalidPattern(f"wildcard {text!r} has two * in a row")
    form = re.compile("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _numeric(operand: Json) -> Accepts:
    match operand:
        case [str(one), bound] if one in _COMPARISONS and is_number(bound):
            return lambda value: is_number(value) and _COMPARISONS[one](value, bound)
        case [(">" | ">=") as above, low, ("<" | "<=") as below, high] if (
            is_number(low) and is_number(high) and low < high
        ):
            return lambda value: (
                is_number(value) and _COMPARISONS[above](value, low) and _COMPARISONS[below](value, high)
            )
    raise InvalidPattern(f'numeric takes comparisons, such as [">", 0, "<=", 5], not {operand!r}')


def _exists(operand: Json) -> Accepts:
    if not isinstance(operand, bool):
        raise InvalidPattern(f"exists takes true or false, not {operand!r}")
    return lambda _: operand


def _cidr(operand: Json) -> Accepts:
    text = _string(operand, "cidr")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidPattern(f"cidr {text!r} is no range of addresses") from None
    if "/" not in text or network.prefixlen == network.max_prefixlen:
        raise InvalidPattern(f"cidr {text!r} needs a mask shorter than a whole address")
    return lambda value: (address := _address(value)) is not None and address in network


_EXCLUDED: Final[dict[str, Callable[[Json], Accepts]]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
}


def _anything_but(operand: Json) -> Accepts:
    match operand:
        case dict():
            [(name, values)] = operand.items() if len(operand) == 1 else [("", None)]
            if name not in _EXCLUDED:
                raise InvalidPattern(f"anything-but knows no {operand!r}, only {', '.join(_EXCLUDED)}")
            texts = [_string(value, name) for value in as_list(values)]
            if not texts or (name in ("prefix", "suffix") and "" in texts):
                raise InvalidPattern(f"anything-but {name} needs a text")
            excluded = [_EXCLUDED[name](text) for text in texts]
        case _:
            values = as_list(operand)
            of_one_kind = all(isinstance(value, str) for value in values) or all(map(is_number, values))
            if not values or not of_one_kind:
                raise InvalidPattern(f"anything-but takes texts, or numbers, not {operand!r}")
            excluded = [_exactly(value) for value in values]
    return lambda value: not any(accepts(value) for accepts in excluded)


OPERATORS: Final[dict[str, Callable[[Json], Accepts]]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
    "exactly": _exact_string,
}
