"""JSON values: their kinds, when two are the same, and what a pattern makes of a string."""

import json
from collections.abc import Generator, Hashable, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from time import perf_counter
from typing import Any, Final, TypeAlias

import regex

from infra.registry.compatibility.result import Undecided

Json: TypeAlias = Any
"""What Python makes of JSON."""

SECONDS_FOR_PATTERNS: Final = 0.5
"""For all patterns of one comparison together."""
_SECONDS_LEFT: ContextVar[list[float] | None] = ContextVar("seconds left for patterns", default=None)
ANCHORS: Final = ("^", "$", "\\b", "\\B", "\\A", "\\Z", "(?")


class Kind(StrEnum):
    """A type of JSON values. Numbers are two, so that integers are some of them."""

    NULL = "null"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FRACTION = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"


EVERY_KIND: Final = frozenset(Kind)
NUMBERS: Final = frozenset({Kind.INTEGER, Kind.FRACTION})
ENUMERABLE: Final = frozenset({Kind.NULL, Kind.BOOLEAN})
"""Kinds with so few values that they can be tried one by one."""


def kinds_of(types: str | Iterable[str]) -> frozenset[Kind]:
    """Read the `type` keyword."""
    names = {types} if isinstance(types, str) else set(types)
    return frozenset(Kind(name) for name in names) | (NUMBERS if "number" in names else frozenset())


def named(kinds: Iterable[Kind]) -> str:
    """Name kinds for a reader: `string or null`."""
    names = set(kinds)
    if Kind.FRACTION in names:
        names.discard(Kind.INTEGER)
    return " or ".join(kind.value for kind in Kind if kind in names) or "nothing"


def kind_of(value: Json) -> Kind:
    """Tell the kind of a value."""
    if value is None:
        return Kind.NULL
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, (int, float)):
        return Kind.INTEGER if number(value).denominator == 1 else Kind.FRACTION
    if isinstance(value, str):
        return Kind.STRING
    return Kind.ARRAY if isinstance(value, list) else Kind.OBJECT


def number(value: Json) -> Fraction:
    """Read a number as it is written: 0.1 is a tenth."""
    return Fraction(str(value))


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are equal in JSON, where 1 is 1.0 and not true."""
    return fingerprint(one) == fingerprint(other)


def fingerprint(value: Json) -> Hashable:
    """Make something hashable that equal values share."""
    if isinstance(value, dict):
        return ("object", frozenset((key, fingerprint(each)) for key, each in value.items()))
    if isinstance(value, list):
        return ("array", tuple(fingerprint(each) for each in value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", number(value))
    return (kind_of(value), value)


def shown(value: Json) -> str:
    """Write a value for a message, cut where it gets long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004 - fits on a line


@contextmanager
def patience() -> Generator[None, None, None]:
    """Wait for all patterns that are tried inside no longer than `SECONDS_FOR_PATTERNS` together."""
    token = _SECONDS_LEFT.set([SECONDS_FOR_PATTERNS])
    try:
        yield
    finally:
        _SECONDS_LEFT.reset(token)


@lru_cache(maxsize=100_000)
def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text, without waiting long for it.

    A pattern that this language of patterns does not know, or that takes long, leaves the comparison undecided.
    """
    left = _SECONDS_LEFT.get() or [SECONDS_FOR_PATTERNS]
    began = perf_counter()
    try:
        return regex.search(pattern, text, timeout=max(left[0], 0.001)) is not None
    except TimeoutError:
        raise Undecided(f"Patterns such as {shown(pattern)} take too long to try.") from None
    except (regex.error, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise Undecided(f"The pattern {shown(pattern)} cannot be tried: {error}.") from None
    finally:
        left[0] -= perf_counter() - began


def matches_everything(pattern: str) -> bool:
    """Tell whether a pattern is certain to be found in every text: it matches nothing at all, anywhere."""
    inner = pattern.removeprefix("^")
    return not any(anchor in inner for anchor in ANCHORS) and matches(inner, "")
