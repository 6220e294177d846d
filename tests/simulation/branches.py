"""Which branches of the rules histories have taken, as coverage.py counts them."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.mutants import ROOT

_RULES = ("ride_booking.domain", "unicorn_mgmt.domain", "feedback.domain")


def measured(data: Path) -> Sequence[str]:
    """Make the arguments of Python that count branches in a program that follows, and write them to a file."""
    include = ",".join(str(ROOT / pattern) for pattern in _RULES)
    return (
        "-m",
        "coverage",
        "run",
        "--branch",
        "--concurrency=greenlet",
        f"--data-file={data}",
        f"--include={include}",
    )


def branches_of(data: Path) -> dict[str, str]:
    """Say how many branches of each file of rules were taken, of those that were entered at all."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory, "report.json")
        subprocess.run(
            [sys.executable, "-m", "coverage", "json", "-q", f"--data-file={data}", "-o", str(report)],
            cwd=ROOT,
            check=True,
        )
        files = json.loads(report.read_text())["files"]
    found = {}
    for name, file in sorted(files.items()):
        summary = file["summary"]
        if summary["num_branches"] and summary["covered_lines"]:
            found[name.partition("/src/")[2]] = f"{summary['covered_branches']} of {summary['num_branches']}"
    return found
