"""Check what AWS would refuse, without AWS: `python -m infra.proof`.

Every checker reads the synthesized templates of the AWS stage. Exits with 1 if any of them finds something.
"""

import sys
from typing import Final

from infra.assembly import Assembly
from infra.proof import (
    alarms,
    filters,
    grants,
    limits,
    lint,
    names,
    policies,
    requests,
    safeguards,
    sizes,
    words,
)
from infra.proof.finding import Checker, Finding, report
from infra.proof.synthesis import Refused, templates

CHECKERS: Final[tuple[Checker, ...]] = (
    *(lint.check, limits.check, names.check, sizes.check, filters.check, words.check, safeguards.check),
    *(alarms.check, policies.check, grants.check, requests.check),
)


def main() -> int:
    """Run all checkers; the exit status."""
    findings: list[Finding] = []
    try:
        assembly = templates()
    except Refused as refused:
        findings += refused.findings
        assembly = refused.assembly
    for check in CHECKERS:
        findings += _found(check, assembly)
    if findings:
        sys.stdout.write(f"{report(findings)}\n")
        return 1
    sys.stdout.write(f"{len(CHECKERS)} checkers find nothing that AWS would refuse\n")
    return 0


def _found(check: Checker, assembly: Assembly) -> list[Finding]:
    """Run a checker. One that meets what it does not know says so, and the others go on."""
    name = check.__module__
    try:
        return list(check(assembly))
    except Exception as error:  # noqa: BLE001 - whatever a template has that the checker was not written for
        why = f"{type(error).__name__}: {error}"
        return [Finding("templates that cannot be checked", name, why, f"Teach {name} its meaning.")]


if __name__ == "__main__":
    sys.exit(main())
