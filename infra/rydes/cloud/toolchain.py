"""Install what the local cloud needs besides Python packages: the CDK command line and the emulator.

Each is installed from its lock file, once for all clones.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra import cache, npm
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ROOT

_BY_HAND: Final = "The first time it needs the PyPI and npm registries. Run it by hand to see more."


def find_uv() -> str:
    """Find uv: the one that runs this process, the one of this environment, or the one on the path.

    Raises:
        LocalCloudError: there is no uv.
    """
    ours = Path(sys.executable).with_name("uv")  # a link that make left
    found = os.environ.get("UV") or (str(ours) if ours.exists() else shutil.which("uv"))
    if not found:
        raise LocalCloudError("uv is not installed.", "Run `make setup`, or see https://docs.astral.sh/uv/")
    return found


def install_cdk() -> Path:
    """Install the CDK command line, and return its program, for Node.

    Raises:
        LocalCloudError: npm fails.
    """
    try:
        directory = npm.install("cdk", ROOT / "infra")
    except npm.NpmError as error:
        raise LocalCloudError(str(error), _BY_HAND) from error
    return directory / "node_modules" / "aws-cdk" / "bin" / "cdk"


def install_emulator() -> Path:
    """Install the emulator into an environment of its own, and return its interpreter."""
    return install_group("emulator")


def install_group(group: str) -> Path:
    """Install a dependency group into an environment of its own, and return its interpreter."""
    command = [find_uv(), "sync", "--frozen", "--quiet", "--compile-bytecode", "--only-group", group]
    ours = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    ours |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}

    def install(directory: Path) -> None:
        _run(command, cwd=ROOT, env={**ours, "UV_PROJECT_ENVIRONMENT": str(directory)})

    key = cache.digest((ROOT / "uv.lock").read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    return cache.once(cache.DIRECTORY, group, key, install) / "bin" / "python"


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["there is no output"]
        raise LocalCloudError(
            f"`{Path(command[0]).name} {' '.join(command[1:])}` failed: {said[-1].strip()}.",
            _BY_HAND,
        )
