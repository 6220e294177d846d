"""What a reader asks of numbers, of strings, and of how many items and properties there are."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from infra.registry.compatibility.node import TEXTS, Bound, Node
from infra.registry.compatibility.result import Difference, Names, Path, broken
from infra.registry.compatibility.values import NUMBERS, Kind, shown
from infra.registry.compatibility.written import Written

COUNTS: Final = (
    ("minLength", "MIN_LENGTH", Kind.STRING),
    ("maxLength", "MAX_LENGTH", Kind.STRING),
    ("minItems", "MIN_ITEMS", Kind.ARRAY),
    ("maxItems", "MAX_ITEMS", Kind.ARRAY),
    ("minProperties", "MIN_PROPERTIES", Kind.OBJECT),
    ("maxProperties", "MAX_PROPERTIES", Kind.OBJECT),
)
RULES: Final = {
    "pattern": "PATTERN",
    "format": "FORMAT",
    "contentEncoding": "CONTENT_ENCODING",
    "contentMediaType": "CONTENT_MEDIA_TYPE",
}


def differences(names: Names, written: Written, reader: Node, path: Path) -> Iterator[Difference]:
    """Go through the limits of a reader that what was written may not keep."""
    for key, rule, kind in COUNTS:
        limit, least = reader.limit(key), key.startswith("min")
        if kind in written.kinds and limit is not None and not (least and limit == 0):
            given = written.at_least(key) if least else written.at_most(key)
            yield from _count(names, (key, rule), given, limit, path)
    if Kind.STRING in written.kinds:
        yield from _texts(names, written, reader, path)
    if NUMBERS & written.kinds:
        yield from _numbers(names, written, reader, path)


def _count(
    names: Names, called: tuple[str, str], given: int | None, limit: int, path: Path
) -> Iterator[Difference]:
    key, rule = called
    least = key.startswith("min")
    if given is None:
        change, theirs = "ADDED", "there is none"
    elif given < limit if least else given > limit:
        change, theirs = "INCREASED" if least else "DECREASED", f"it is {given}"
    else:
        return
    why = f"{names.reader} has a {key} of {limit}; in {names.writer} {theirs}."
    yield broken(f"{rule}_{change}", (*path, key), why)


def _texts(names: Names, written: Written, reader: Node, path: Path) -> Iterator[Difference]:
    for key in ("pattern", *TEXTS):
        given = written.texts(key)
        if key in reader.says and (asked := str(reader.says[key])) not in given:
            theirs = f"has {' and '.join(shown(each) for each in sorted(given))}" if given else "has none"
            change = "CHANGED" if given else "ADDED"
            why = (
                f"{names.reader} has the {key} {shown(asked)}, and {names.writer} {theirs}. "
                "That one is within the other is not looked for."
            )
            yield broken(f"{RULES[key]}_{change}", (*path, key), why)


def _numbers(names: Names, written: Written, reader: Node, path: Path) -> Iterator[Difference]:
    for asked in reader.bounds("maximum", "exclusiveMaximum"):
        given = written.upper
        if given is None or given.at > asked.at or _touches(given, asked):
            yield _bound(names, ("MAXIMUM", "DECREASED"), asked, given, path)
    for asked in reader.bounds("minimum", "exclusiveMinimum"):
        given = written.lower
        if given is None or given.at < asked.at or _touches(given, asked):
            yield _bound(names, ("MINIMUM", "INCREASED"), asked, given, path)
    step = reader.multiple_of
    if step and not any(_divides(step, promised) for promised in written.multiples):
        expanded = any(_divides(promised, step) for promised in written.multiples)
        change = "EXPANDED" if expanded else "CHANGED" if written.multiples else "ADDED"
        why = f"{names.reader} asks for multiples of {reader.says['multipleOf']}, which {names.writer} does not promise."
        yield broken(f"MULTIPLE_OF_{change}", (*path, "multipleOf"), why)


def _touches(given: Bound, asked: Bound) -> bool:
    return given.at == asked.at and asked.exclusive and not given.exclusive


def _divides(step: Fraction, number: Fraction) -> bool:
    return (number / step).denominator == 1


def _bound(
    names: Names, called: tuple[str, str], asked: Bound, given: Bound | None, path: Path
) -> Difference:
    rule, change = called
    key = f"exclusive{rule.capitalize()}" if asked.exclusive else rule.lower()
    rule = f"EXCLUSIVE_{rule}" if asked.exclusive else rule
    theirs = f"{given.text}{' without itself' if given.exclusive else ''}" if given else "none"
    why = f"{names.reader} has {asked.text} as its {key}; the limit of {names.writer} is {theirs}."
    return broken(f"{rule}_{change if given else 'ADDED'}", (*path, key), why)
