"""Lambda artifacts, one a service: its locked dependencies, its sources and those of the shared packages it uses.

Built without Docker. The same inputs give the same bytes, and so the same CDK asset hash; a build is kept under
`.build/` by a hash of its inputs and made anew only when they change.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".build" / "artifacts"

_KEPT_BUILDS = 5
_EPOCH = (1980, 1, 1, 0, 0, 0)
# What installers leave behind and no handler imports. RECORD lists hashes of files that are not in the artifact.
_LITTER = ("bin", "include", "lib64", ".lock", "*.dist-info/RECORD", "*.dist-info/sboms")


class BuildError(Exception):
    """An artifact cannot be built; the message says why and the way out."""


@dataclass(frozen=True)
class Target:
    """Where an artifact runs. `python` is an interpreter of the runtime's own version, to compile the bytecode with."""

    name: str
    platform: tuple[str, ...]
    python: str | None


def aws_target() -> Target:
    """Lambda, python3.13 on arm64.

    Without a Python 3.13 on this machine the artifact goes without bytecode: cold starts take about twice as long.
    """
    found = subprocess.run(  # noqa: S603 (uv, which the caller trusts to build)
        [_uv(), "python", "find", "--no-project", "--no-python-downloads", "3.13"],
        capture_output=True,
        text=True,
        check=False,
    )
    python = found.stdout.strip() if found.returncode == 0 else None
    if python is None:
        sys.stderr.write("No Python 3.13 here: artifacts go without bytecode, cold starts take longer.\n")
    platform = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")
    return Target("aws", platform, python)


def local_target() -> Target:
    """The local cloud, which runs handlers on this machine and this interpreter's version, whatever Runtime says."""
    return Target("local", (), sys.executable)


def build(service: str, target: Target) -> Path:
    """The zip file of a service (`ride-booking`) for a target. Raises BuildError."""
    packages = list(_packages(f"wild-rydes-{service}"))
    key = _digest(
        _identity(target),
        *_tree(ROOT / "uv.lock", Path(__file__), *(package / "pyproject.toml" for package in packages)),
        *_tree(*(package / "src" for package in packages)),
    )
    artifact = CACHE / f"{service}-{target.name}-{key}.zip"
    if _kept(artifact):
        return artifact
    CACHE.mkdir(parents=True, exist_ok=True)
    dependencies = _dependencies(service, target)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        sources = Path(scratch, "sources")
        for package in packages:
            shutil.copytree(
                package / "src", sources, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        _compile(sources, target)
        unfinished = Path(scratch, artifact.name)
        _zip(unfinished, dependencies, sources)
        unfinished.replace(artifact)
    _prune(f"{service}-{target.name}-*.zip")
    return artifact


def _dependencies(service: str, target: Target) -> Path:
    """A directory with the locked dependencies, installed and compiled. The runtime brings boto3 and botocore."""
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        lock = Path(scratch, "pylock.artifact.toml")
        exported = _run(
            *(_uv(), "export", "--frozen", "--project", str(ROOT), "--package", f"wild-rydes-{service}"),
            *("--no-dev", "--no-emit-workspace", "--prune", "boto3", "--prune", "botocore"),
            *("--no-header", "--format", "pylock.toml"),
        )
        lock.write_text(exported)
        directory = CACHE / f"dependencies-{target.name}-{_digest(exported.encode(), _identity(target))}"
        if _kept(directory):
            return directory
        unfinished = Path(scratch, "dependencies")
        _run(
            *(
                _uv(),
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--link-mode",
                "copy",
            ),
            *("--python", sys.executable, *target.platform, "--target", str(unfinished), "-r", str(lock)),
        )
        for pattern in _LITTER:
            for path in unfinished.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _compile(unfinished, target)
        try:
            unfinished.rename(directory)
        except OSError:  # another build was first; it installed the same
            if not directory.exists():
                raise
    _prune(f"dependencies-{target.name}-*")
    return directory


def _packages(distribution: str) -> Iterator[Path]:
    """The directories of a workspace package and of the workspace packages it depends on, directly or not."""
    members = {}
    for pattern in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]:
        for path in ROOT.glob(f"{pattern}/pyproject.toml"):
            project = tomllib.loads(path.read_text())["project"]
            names = [re.split(r"[^A-Za-z0-9._-]", need, maxsplit=1)[0] for need in project["dependencies"]]
            members[project["name"]] = (path.parent, names)
    if distribution not in members:
        raise BuildError(f"no workspace package {distribution}: add it under services/, then `uv lock`")
    waiting, seen = [distribution], {distribution}
    while waiting:
        directory, names = members[waiting.pop()]
        yield directory
        found = [name for name in names if name in members and name not in seen]
        seen.update(found)
        waiting += found


def _compile(directory: Path, target: Target) -> None:
    """Write bytecode that is never checked against its source: a stale or missing .pyc doubles a cold start.

    One process, sorted order, a fixed hash seed and a path that does not name the build directory keep it reproducible.
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


def _kept(build_: Path) -> bool:
    """Whether a build is in the cache; if so, it counts as used now."""
    try:
        os.utime(build_)
    except FileNotFoundError:
        return False
    return True


def _prune(pattern: str) -> None:
    """Keep the builds used last. CDK stages its own copy, so nothing in use is lost."""
    used = {}
    for path in CACHE.glob(pattern):
        with suppress(FileNotFoundError):  # another build prunes as well
            used[path] = path.stat().st_mtime
    for path in sorted(used, key=lambda path: used[path], reverse=True)[_KEPT_BUILDS:]:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _identity(target: Target) -> bytes:
    version = _run(target.python, "-VV") if target.python else "no bytecode"
    return f"{target.name} {version}".encode()


def _tree(*paths: Path) -> Iterator[bytes]:
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(ROOT).as_posix().encode()
                yield file.read_bytes()


def _digest(*parts: bytes) -> str:
    """Of each part's own hash, so that bytes moved from one part to the next make a difference."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


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
