"""Files that others write or merge: read one by one, so that each that is broken is named, with what is wrong."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A file, and what is wrong with it, without a full stop."""

    file: Path
    why: str


class Unreadable(ValueError):
    """Files are not what they should be: `problems` say which and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "; ".join(f"{each.file.parent.name}/{each.file.name}: {each.why}" for each in problems)
        )
        self.problems = problems


def listed(directory: Path, pattern: str) -> Iterator[Path]:
    """Go through files in their order, but for folders and hidden files, which tools of all kinds leave behind."""
    for file in sorted(directory.glob(pattern)):
        if file.is_file() and not file.name.startswith("."):
            yield file


def read(file: Path) -> dict[str, Any]:
    """Read a JSON object. Raises ValueError if the file has none."""
    try:
        document = json.loads(file.read_text("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    return document


def usable(schema: object, name: str) -> None:
    """Refuse, with a ValueError, what is no JSON Schema, or refers to what is not in it."""
    from infra.registry.compatibility.documents import Document  # noqa: PLC0415 (takes half a second)

    Document(schema, name)
