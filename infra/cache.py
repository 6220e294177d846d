"""A cache of what is installed or built from lock files and sources, shared by all clones of this user.

Each entry is a directory whose name has a hash of everything that it is made from. Nothing in the cache has
to be cleared by hand, and all of it may be deleted at any time.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wild-rydes"

_KEPT = 5
"""How many entries of a kind are kept: those used last."""

_DONE = ".done"
_ABANDONED = 3600.0
"""Seconds after which an entry that is not done was given up: its making has failed, or died."""
_NO_SOURCES = {"__pycache__", "node_modules"}


def once(parent: Path, kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The directory ``<kind>-<key>``. `make` fills it unless that was done before; one process at a time.

    `make` gets a path that does not exist. The caller gets its errors, and the next call starts from scratch.
    """
    parent.mkdir(parents=True, exist_ok=True)
    directory = parent / f"{kind}-{key}"
    with directory.with_name(f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / _DONE).exists():
            shutil.rmtree(directory, ignore_errors=True)
            make(directory)
        (directory / _DONE).touch()  # now is when it was last used
    _prune(parent, kind)
    return directory


def digest(*parts: bytes) -> str:
    """A hash over the hashes of the parts, so that it changes when bytes move from one part to the next."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


def sources(root: Path, *paths: Path, without: Collection[str] = ()) -> Iterator[bytes]:
    """Name below `root` and content of each of these files, and of all files below these directories.

    Directories of a name in `without` are passed over.
    """
    passed = _NO_SOURCES.union(without)
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and not passed.intersection(file.parts):
                yield file.relative_to(root).as_posix().encode()
                yield file.read_bytes()


def _prune(parent: Path, kind: str) -> None:
    used, gone = {}, []
    for directory in parent.glob(f"{kind}-*/"):
        with suppress(FileNotFoundError):  # another process prunes too
            done = directory / _DONE
            if done.exists():
                used[directory] = done.stat().st_mtime
            elif time.time() - directory.stat().st_mtime > _ABANDONED:
                gone.append(directory)
    gone += sorted(used, key=lambda directory: used[directory], reverse=True)[_KEPT:]
    for directory in gone:
        shutil.rmtree(directory, ignore_errors=True)
        directory.with_name(f"{directory.name}.lock").unlink(missing_ok=True)
