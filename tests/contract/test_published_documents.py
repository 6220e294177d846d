"""What a published document says of a value is JSON Schema, which clients can check."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("services/*/*api.json"), *ROOT.glob("docs/events/**/*.json")])

# pydantic writes a bound under its own name where it does not know the type behind a validator.
NO_KEYWORDS = {"ge", "gt", "le", "lt", "min_length", "max_length"}


def keys(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from keys(inner)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_bounds_are_those_of_json_schema(document: Path) -> None:
    assert NO_KEYWORDS.intersection(keys(json.loads(document.read_text()))) == set()
