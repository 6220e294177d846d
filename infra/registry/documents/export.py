"""A directory that holds what was exported, and nothing else that anybody wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.cache import digest

_LIST: Final = ".exported"
"""The file with the paths and digests of what was written."""


class NotOurs(Exception):
    """The directory has files that no export wrote, or that somebody has changed since. The message names some."""


def export_to(directory: Path, files: Mapping[str, str]) -> None:
    """Write the files, and remove what a former export wrote and this one does not.

    Raises NotOurs, before anything is written, and OSError.
    """
    ours = _written(directory)
    if strangers := sorted(_found(directory) - ours.keys()):
        raise NotOurs(f"{directory} has files that no export wrote: {_some(strangers)}.")
    changed = sorted(
        name
        for name, known in ours.items()
        if (directory / name).exists() and digest((directory / name).read_bytes()) != known
    )
    if changed:
        raise NotOurs(f"{directory} has files that were changed after the last export: {_some(changed)}.")
    for name in ours.keys() - files.keys():
        (directory / name).unlink(missing_ok=True)
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    lines = [f"{digest(text.encode())} {name}" for name, text in sorted(files.items())]
    (directory / _LIST).write_text("\n".join(lines) + "\n")


def _written(directory: Path) -> dict[str, str]:
    """Read what the last export wrote: path and digest."""
    if not (directory / _LIST).exists():
        return {}
    lines = (line.split(" ", 1) for line in (directory / _LIST).read_text().splitlines())
    return {name: known for known, name in lines}


def _found(directory: Path) -> set[str]:
    found = {file.relative_to(directory).as_posix() for file in directory.rglob("*") if not file.is_dir()}
    return found - {_LIST}


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - three
