"""Programs of Node, installed from lock files once for all clones. Node itself is in the Python environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra import cache

_BIN: Final = Path(sys.executable).parent
NODE: Final = str(_BIN / "node")
_LOCKED: Final = ("package.json", "package-lock.json")


class NpmError(Exception):
    """npm has failed. The message is its last words."""


def environment() -> dict[str, str]:
    """Make the environment variables with which Node and npm are found: no machine needs its own."""
    return {**os.environ, "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)])}


def install(kind: str, locked: Path) -> Path:
    """Install what the package-lock.json in a directory says, and return where node_modules is.

    No package may run a script of its own. Raises NpmError.
    """
    files = [locked / name for name in _LOCKED]

    def fill(directory: Path) -> None:
        directory.mkdir()
        for file in files:
            shutil.copy(file, directory)
        _ci(directory)

    return cache.once(cache.DIRECTORY, kind, cache.digest(*(file.read_bytes() for file in files)), fill)


def _ci(directory: Path) -> None:
    command = [str(_BIN / "npm"), "ci", "--loglevel=error", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=directory,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NpmError(f"`npm ci` of {directory.name} failed: {_reason(done.stderr)}")


def _reason(told: str) -> str:
    """Find the line that says what is wrong, among the code of the error and where its log is."""
    lines = (line.removeprefix("npm error").strip() for line in told.splitlines())
    said = (line for line in lines if line and not line.startswith(("code ", "errno ", "A complete log")))
    return next(said, "it does not say why.")
