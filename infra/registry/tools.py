"""The programs in Node that make and check documents. `make run` never needs them."""

import subprocess
from pathlib import Path
from typing import Final

from infra import npm

_HERE: Final = Path(__file__).with_name("node")


def installed() -> Path:
    """Install them, and return the directory that has their node_modules. Raises infra.npm.NpmError."""
    return npm.install("registry", _HERE)


def run(script: str, *arguments: str | Path, text: str = "") -> str:
    """Run a script of `infra/registry/node`, and return what it writes.

    Raises subprocess.CalledProcessError, and infra.npm.NpmError.
    """
    return node(_HERE / script, installed(), *arguments, text=text).stdout


def node(*command: str | Path, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Node with a text as its input. Raises subprocess.CalledProcessError if it fails and is to be checked."""
    return subprocess.run(  # noqa: S603 - our own scripts
        [npm.NODE, *map(str, command)],
        env=npm.environment(),
        input=text,
        capture_output=True,
        text=True,
        check=check,
    )
