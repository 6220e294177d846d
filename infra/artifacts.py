"""Lambda artifacts, one for each service or example: its sources, the shared packages it needs, its dependencies.

They are built without Docker. The same inputs give the same bytes, and so the same CDK asset hash. A build
stays in the user's cache under a hash of its inputs and is repeated only when they change.

    python -m infra.artifacts wild-rydes-surge     # for AWS; prints its path
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import cache

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = cache.DIRECTORY / "artifacts"

_EPOCH = (1980, 1, 1, 0, 0, 0)
# Files that installers write and no handler imports. RECORD has hashes of files that are not in the artifact.
_LITTER = ("bin", "include", "lib64", ".lock", "*.dist-info/RECORD", "*.dist-info/sboms")


class BuildError(Exception):
    """An artifact cannot be built. The message says why, and what to do."""


@dataclass(frozen=True)
class Target:
    """Where an artifact runs. `python` compiles the bytecode: an interpreter of the runtime's version."""

    name: str
    platform: tuple[str, ...]
    python: str | None


def aws_target() -> Target:
    """Lambda with Python 3.13 on arm64.

    Without a Python 3.13 on this machine the artifact has no bytecode, which doubles cold starts.
    """
    found = subprocess.run(  # noqa: S603 (uv, which the caller trusts to build)
        [_uv(), "python", "find", "--no-project", "--no-python-downloads", "3.13"],
        capture_output=True,
        text=True,
        check=False,
    )
    python = found.stdout.strip() if found.returncode == 0 else None
    if python is None:
        sys.stderr.write(
            "Python 3.13 was not found: artifacts have no bytecode, and cold starts take longer.\n"
        )
    platform = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")
    return Target("aws", platform, python)


def local_target() -> Target:
    """The local cloud, which runs handlers with this interpreter's version, whatever `Runtime` says."""
    return Target("local", (), sys.executable)


def build(service: str, target: Target) -> Path:
    """Build the artifact of a service (`ride-booking`) for a target; its zip file. Raises BuildError."""
    return build_package(f"wild-rydes-{service}", target)


def build_package(name: str, target: Target) -> Path:
    """Build the artifact of a package of the workspace for a target; its zip file. Raises BuildError."""
    packages = list(_packages(name))
    key = cache.digest(
        _identity(target),
        *cache.sources(
            ROOT, ROOT / "uv.lock", Path(__file__), *(package / "pyproject.toml" for package in packages)
        ),
        *cache.sources(ROOT, *(package / "src" for package in packages)),
    )
    kind = f"{name}-{target.name}"

    def make(directory: Path) -> None:
        dependencies = _dependencies(name, target, _unused(packages[0]))
        sources = directory / "sources"
        for package in packages:
            shutil.copytree(
                package / "src", sources, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        _compile(sources, target)
        _zip(directory / f"{kind}.zip", dependencies, sources)
        shutil.rmtree(sources)

    return cache.once(CACHE, kind, key, make) / f"{kind}.zip"


def _unused(package: Path) -> list[str]:
    """What a package does not need of its dependencies: paths in the artifact, from its pyproject.toml."""
    tools = tomllib.loads((package / "pyproject.toml").read_text()).get("tool", {})
    return list(tools.get("wild-rydes", {}).get("artifact", {}).get("without", []))


def _dependencies(name: str, target: Target, unused: list[str]) -> Path:
    """A directory with the locked dependencies, installed and compiled. Lambda brings boto3 and botocore."""
    exported = _run(
        *(_uv(), "export", "--frozen", "--project", str(ROOT), "--package", name),
        *("--no-dev", "--no-emit-workspace", "--prune", "boto3", "--prune", "botocore"),
        *("--no-header", "--format", "pylock.toml"),
    )

    def make(directory: Path) -> None:
        lock = directory / "pylock.artifact.toml"
        directory.mkdir()
        lock.write_text(exported)
        options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy")
        _run(
            *(_uv(), "pip", "install", *options, "--python", sys.executable, *target.platform),
            *("--target", str(directory / "installed"), "-r", str(lock)),
        )
        for pattern in (*_LITTER, *unused):
            for path in (directory / "installed").glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _compile(directory / "installed", target)

    key = cache.digest(exported.encode(), repr(unused).encode(), _identity(target))
    return cache.once(CACHE, f"dependencies-of-{name}-{target.name}", key, make) / "installed"


def _packages(distribution: str) -> Iterator[Path]:
    """The directories of a workspace package and of all that it depends on, directly or indirectly."""
    members = {}
    for pattern in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]:
        for path in ROOT.glob(f"{pattern}/pyproject.toml"):
            project = tomllib.loads(path.read_text())["project"]
            names = [re.split(r"[^A-Za-z0-9._-]", need, maxsplit=1)[0] for need in project["dependencies"]]
            members[project["name"]] = (path.parent, names)
    if distribution not in members:
        raise BuildError(
            f"no workspace package {distribution}: add it under services/ or docs/examples/, then `uv lock`"
        )
    waiting, seen = [distribution], {distribution}
    while waiting:
        directory, names = members[waiting.pop()]
        yield directory
        found = [name for name in names if name in members and name not in seen]
        seen.update(found)
        waiting += found


def _compile(directory: Path, target: Target) -> None:
    """Write bytecode that is never checked against its source: a stale or missing .pyc doubles a cold start.

    It is reproducible: one process, sorted order, a fixed hash seed and no path of the build directory.
    """
    if target.python is None:
        return
    _run(
        *(target.python, "-P", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(directory), "-p", "/var/task", str(directory)),
        PYTHONHASHSEED="0",
    )


def _zip(path: Path, *roots: Path) -> None:
    files = {
        file.relative_to(root).as_posix(): file
        for root in roots
        for file in root.rglob("*")
        if file.is_file()
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16  # Lambda's user must be able to read it
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)


def _identity(target: Target) -> bytes:
    version = _run(target.python, "-VV") if target.python else "no bytecode"
    return f"{target.name} {version}".encode()


def _uv() -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise BuildError("uv not found: put it on PATH, or start this under `uv run`")
    return uv


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 (uv and Python, with arguments of our own)
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode:
        raise BuildError(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{build_package(sys.argv[1], aws_target())}\n")
    except BuildError as error:
        sys.exit(str(error))
