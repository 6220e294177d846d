"""What was found in a document that is sensitive, and whether it may be in an invoice: sensitive.toml says so."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final

from settlement.domain.document import StagedObject

NAMELESS: Final = "UNNAMED"
"""The kind of what was found without a word about what it is."""

_TOLD: Final = 20
"""Kinds that are told by name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a job has found in an object: how often by kind, and never the text."""

    id: str
    job: str
    staged: StagedObject
    kinds: Mapping[str, int]

    @property
    def unexpected(self) -> Mapping[str, int]:
        """What must not be in an invoice. What has no name is among it."""
        kinds = self.kinds or {NAMELESS: 1}
        return {kind: count for kind, count in kinds.items() if not is_expected(kind)}

    @property
    def told(self) -> str:
        """What was found, in one line for the audit trail: kinds and counts, the job, and the finding."""
        kinds = sorted(self.kinds.items()) or [(NAMELESS, 1)]
        told = ", ".join(f"{kind} {count}" for kind, count in kinds[:_TOLD])
        more = f" and {len(kinds) - _TOLD} more kinds" if len(kinds) > _TOLD else ""
        return f"{told}{more} (job {self.job}, finding {self.id})"


def is_expected(kind: str) -> bool:
    """Whether an invoice may hold data of this kind."""
    return any(fnmatchcase(kind, pattern) for pattern in _expected())


@cache
def _expected() -> tuple[str, ...]:
    rows = tomllib.loads(files(__package__).joinpath("sensitive.toml").read_text(encoding="utf-8"))
    return tuple(rows["expected"])
