"""Check what AWS would refuse, without AWS: `python -m infra.proof`.

Every checker reads the synthesized templates of the AWS stage. Exits with 1 if any of them finds something.
"""

import sys
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from infra.proof import filters, grants, limits, lint, policies, requests, safeguards, sizes, words
from infra.proof.finding import Checker, Finding
from infra.proof.synthesis import templates

CHECKERS: Final[tuple[Checker, ...]] = (
    *(lint.check, limits.check, sizes.check, filters.check, words.check, safeguards.check),
    *(policies.check, grants.check, requests.check),
)


def report(findings: Iterable[Finding]) -> str:
    """Write down findings, those of one rule together."""
    lines = []
    for rule, broken in groupby(sorted(findings), key=lambda finding: finding.rule):
        lines.append(f"✗ {rule}")
        for finding in broken:
            lines += [f"    {finding.where}", f"        {finding.why}", f"        → {finding.to_do}"]
    return "\n".join(lines)


def main() -> int:
    """Run all checkers; the exit status."""
    assembly = templates()
    findings = [finding for check in CHECKERS for finding in check(assembly)]
    if findings:
        sys.stdout.write(f"{report(findings)}\n")
        return 1
    sys.stdout.write(f"{len(CHECKERS)} checkers find nothing that AWS would refuse\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
