"""What a comparison says."""

from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]
"""The steps from the root of a schema to a place in it."""


def pointer(path: Path) -> str:
    """Write a path as the fragment of a URI: `#/properties/name`."""
    return "#" + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


class Unusable(ValueError):
    """A document is no JSON Schema that could be compared. The message says why."""


class Undecided(Exception):
    """Nobody can tell, or not in reasonable time. The message says why."""


@dataclass(frozen=True)
class Names:
    """What messages call the two schemas, such as `the old schema`."""

    writer: str
    reader: str


@dataclass(frozen=True)
class Difference:
    """A change that breaks readers. `rule` is the name that Confluent's registry has for it, where it has one."""

    rule: str
    path: str
    why: str


def broken(rule: str, path: Path, why: str) -> Difference:
    """Say what breaks where, in a sentence that begins like one."""
    return Difference(rule, pointer(path), why[:1].upper() + why[1:])


@dataclass(frozen=True)
class Verdict:
    """Compatible, unless there are differences."""

    differences: tuple[Difference, ...]

    @property
    def compatible(self) -> bool:
        """Whether nothing breaks."""
        return not self.differences
