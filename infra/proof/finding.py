"""What a checker of the static proof finds: something that AWS would refuse, or that would never work there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from textwrap import indent
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


def report(findings: Iterable[Finding]) -> str:
    """Write down findings, those of one rule together."""
    lines = []
    for rule, broken in groupby(sorted(findings), key=lambda finding: finding.rule):
        lines.append(f"✗ {rule}")
        for finding in broken:
            lines += [f"    {finding.where}", indent(finding.why, " " * 8), f"        → {finding.to_do}"]
    return "\n".join(lines)
