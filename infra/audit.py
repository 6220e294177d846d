"""Ask whether a package that is locked has a known vulnerability: `python -m infra.audit`.

Packages of PyPI by `uv audit` (https://osv.dev), those of npm by `npm audit`. Where a database cannot be reached, nothing is known,
and that is said: nobody is kept from working.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
COMMANDS: Final = {
    "uv.lock": ([os.environ.get("UV", "uv"), "audit", "--frozen"], ROOT),
    "package-lock.json": (["npm", "audit", "--audit-level=moderate"], ROOT),
    "infra/package-lock.json": (["npm", "audit", "--audit-level=moderate"], ROOT / "infra"),
    "infra/registry/node/package-lock.json": (
        ["npm", "audit", "--audit-level=moderate"],
        ROOT / "infra/registry/node",
    ),
}
_OUT_OF_REACH: Final = (
    "error sending request",
    "endpoint returned an error",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "EAI_AGAIN",
    "ENOAUDIT",
    "ENOLOCK",
)


def audit(lock: str, command: Sequence[str], folder: Path) -> bool:
    """Say what is known about a lock file's packages. False if one of them is vulnerable."""
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    said = f"{done.stdout}{done.stderr}".strip()
    if done.returncode == 0:
        print(f"  ✓ {lock}: nothing known")  # noqa: T201
        return True
    if any(sign in said for sign in _OUT_OF_REACH):
        print(f"  - {lock}: SKIPPED, the database of vulnerabilities cannot be reached")  # noqa: T201
        return True
    print(f"  ✗ {lock}:\n{said}", file=sys.stderr)  # noqa: T201
    return False


def main() -> int:
    """Audit every lock file; 1 if there is a known vulnerability."""
    known = [audit(lock, *how) for lock, how in COMMANDS.items()]
    return 0 if all(known) else 1


if __name__ == "__main__":
    sys.exit(main())
