"""What a checker of the static proof finds: something that AWS would refuse, or that would never work there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from infra.assembly import Assembly


@dataclass(frozen=True, order=True)
class Finding:
    """`rule` in a few words, `where` it is broken, `why` that matters, and what `to_do` about it."""

    rule: str
    where: str
    why: str
    to_do: str


Checker: TypeAlias = Callable[[Assembly], Iterable[Finding]]
"""Yields what is wrong with the templates of the AWS stage."""
