"""Follows a section of the runbook as the person on call does: line by line, with names and ids filled in."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import ROOT
from tests.guides.guide import steps
from tests.support.patience import step

RUNBOOK = ROOT / "docs" / "runbook.md"
WELL, ILL = 0, 1
"""How `rydes doctor` ends. Any other end is a failure."""
_BLANK = re.compile(r"<([a-z-]+)>")


class Terminal:
    """A shell in this clone, or in another, whose `uv run rydes` is about the cloud."""

    def __init__(self, cloud: Cloud, clone: Path = ROOT) -> None:
        self._clone = clone
        self._environment = {
            **os.environ,
            "RYDES_DIR": str(cloud.settings.run_dir),
            "RYDES_ENV": cloud.settings.names.environment,
            "COLUMNS": "200",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            # The packages are those of this test, and the sources those of the clone, which so needs no installation.
            "UV_PROJECT_ENVIRONMENT": sys.prefix,
            "UV_NO_SYNC": "1",
            "PYTHONPATH": str(clone),
        }

    def run(self, command: str, *, ends: int = WELL, keys: str = "") -> str:
        """What a line of shell prints if `keys` is what is typed into it. It has to end so."""
        with step(f"$ {command}"):
            done = subprocess.run(  # noqa: S603 - what the runbook says
                ["bash", "-c", command],  # noqa: S607
                cwd=self._clone,
                env=self._environment,
                input=keys,
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == ends, f"$ {command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


class Page:
    """The commands of a section that have not been typed yet."""

    def __init__(self, commands: Sequence[str], terminal: Terminal) -> None:
        self._left = list(commands)
        self._terminal = terminal

    def types(
        self, beginning: str, ends: int = WELL, /, *, says: str = "", keys: str = "", **blanks: str
    ) -> str:
        """Type the next line, which begins so, with its `<blanks>` filled in. What it prints, with what it `says`."""
        line = self._left.pop(0) if self._left else "no more"
        assert line.startswith(beginning), f"the runbook says {line!r}, and not {beginning!r}"
        given = {name.replace("_", "-"): value for name, value in blanks.items()}
        assert set(_BLANK.findall(line)) == set(given), f"what is to be filled into {line!r}: {sorted(given)}"
        command = _BLANK.sub(lambda blank: shlex.quote(given[blank[1]]), line)
        said = self._terminal.run(command, ends=ends, keys=keys)
        assert says in said, f"$ {command}\nsays nothing of {says!r}:\n{said}"
        return said

    def close(self) -> None:
        """Fail if a line was not typed."""
        assert not self._left, f"not typed: {self._left}"


@contextmanager
def opened(terminal: Terminal, heading: str) -> Iterator[Page]:
    """The runbook's section with this heading. In the end all of it must have been typed."""
    page = Page(commands(RUNBOOK.read_text(), heading), terminal)
    yield page
    page.close()


def commands(runbook: str, heading: str) -> list[str]:
    """The lines of shell in the section whose heading begins so."""
    found = re.search(rf"^## {re.escape(heading)}.*?(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL)
    assert found, f"the runbook has no section {heading!r}"
    return [line for line in steps(found[0]) if isinstance(line, str)]
