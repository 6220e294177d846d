"""Compare two schemas in one of the registry's modes."""

from enum import StrEnum
from itertools import islice
from typing import Final

from infra.registry.compatibility.documents import Document
from infra.registry.compatibility.result import Difference, Names, Undecided, Verdict, broken
from infra.registry.compatibility.values import Json, patience
from infra.registry.compatibility.walk import Comparison
from infra.registry.compatibility.written import Written

MOST_DIFFERENCES: Final = 100
OLD, NEW = "the old schema", "the new schema"


class Mode(StrEnum):
    """Who reads what: the new schema what the old one wrote, the old one what the new one writes, or both."""

    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"


def compare(old: Json, new: Json, mode: Mode, names: tuple[str, str] = (OLD, NEW)) -> Verdict:
    """Compare two JSON Schemas, as Python has read them. `names` are what messages call the old one and the new one.

    Raises `Unusable` where one of them is no JSON Schema.
    """
    before, after = Document(old, names[0]), Document(new, names[1])
    found: dict[Difference, None] = {}
    with patience():
        if mode is not Mode.FORWARD:
            found |= dict.fromkeys(_differences(before, after))
        if mode is not Mode.BACKWARD:
            found |= dict.fromkeys(_differences(after, before))
    return Verdict(tuple(found))


def _differences(writer: Document, reader: Document) -> list[Difference]:
    if foreign := [*_unresolved(writer), *_unresolved(reader)]:
        return foreign
    if writer.root.text == reader.root.text:
        return []
    found: list[Difference] = []
    comparison = Comparison(Names(writer.name, reader.name))
    try:
        for difference in islice(
            comparison.differences(Written.of(writer.root), reader.root, ()), MOST_DIFFERENCES
        ):
            found.append(difference)  # noqa: PERF402 - what is found before it gets too much is told, too
    except Undecided as undecided:
        found.append(_undecided(str(undecided)))
    except RecursionError:
        found.append(_undecided("The schemas are nested too deeply to compare them."))
    return found


def _undecided(why: str) -> Difference:
    return broken("UNDECIDED", (), f"{why} What cannot be decided is not compatible.")


def _unresolved(document: Document) -> list[Difference]:
    return [
        broken(
            "REFERENCE_UNRESOLVED",
            path,
            f"{document.name} refers to {reference!r}, which is another document. Nothing is fetched, so that what it "
            "says cannot be decided, and what cannot be decided is not compatible.",
        )
        for reference, path in document.unresolved.items()
    ]
