"""What is published stays: no file of a revision is edited, deleted, or added out of order."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.proof.finding import Finding
from infra.registry.files import Problem
from infra.registry.published import DIRECTORY, Publication

RULE: Final = "what is published was changed"
UNREADABLE: Final = "a file that cannot be read"
_FROM: Final = "README.md"
"""Files are held to what they were when this one, which says so, came beside them, or when they came later."""
_TRUNKS: Final = ("origin/HEAD", "origin/main", "main")


def unreadable(problems: Sequence[Problem], to_do: str) -> Iterator[Finding]:
    """Tell of files that cannot be read, with the way back where git has one."""
    for each in problems:
        directory, name = each.file.parent, each.file.name
        back = f"`git checkout HEAD -- {os.path.relpath(each.file, ROOT)}`, or: " if _kept(each.file) else ""
        where = f"{directory.parent.name}/{directory.name}/{name}"
        yield Finding(
            UNREADABLE, where, f"{each.why[:1].upper()}{each.why[1:].rstrip('.')}.", f"{back}{to_do}"
        )


def _kept(file: Path) -> bool:
    """Whether the last commit has the file, and has something else in it than there is."""
    was = _git(file.parent, "rev-parse", "--verify", "--quiet", f"HEAD:./{file.name}")
    return was is not None and was != _git(file.parent, "hash-object", "--", file.name)


def gaps(published: Mapping[str, Sequence[Publication]]) -> Iterator[Finding]:
    """Find revisions that are missing between others, or that are older than those before them. That needs no git."""
    for name, all_ in published.items():
        versions: defaultdict[int, list[Publication]] = defaultdict(list)
        for each in all_:
            versions[each.version].append(each)
        for expected, (version, revisions) in enumerate(sorted(versions.items()), 1):
            missing = [
                f"{version}.{number}"
                for number in range(len(revisions))
                if revisions[number].revision > number
            ]
            if version != expected:
                missing = [f"{expected}.0"]
            if missing:
                why = f"{missing[0]}.json is missing: {', '.join(each.number for each in all_)} are there."
                to_do = "Bring it back, or number what is not published yet as the next one: `rydes contracts publish`."
                yield Finding(RULE, f"{name}/{missing[0]}.json", why, to_do)
                break
        for before, after in pairwise(all_):
            if after.version == before.version and after.published < before.published:
                why = f"It says {after.published}, which is before {before.number}, of {before.published}."
                yield Finding(RULE, f"{name}/{after.number}.json", why, "Write the day of its publication.")


def changes(directory: Path = DIRECTORY) -> Iterator[Finding]:
    """Find published files that are not what the commit has that brought them to the main branch.

    On another branch, what is not on the main branch yet is not published yet. Without git nothing is found.
    """
    top = _git(directory, "rev-parse", "--show-prefix")
    if top is None:
        return
    for file, (commit, blob) in _published(directory).items():
        path = f"{top.strip()}{file}"
        there = directory / file
        if there.is_file() and (_git(directory, "hash-object", "--", file) or "").strip() == blob:
            continue
        day = (_git(directory, "show", "-s", "--format=%cs", commit) or "").strip()
        gone = "is not what it was" if there.exists() else "is gone"
        why = f"It {gone}. {commit[:10]} published it ({day}), and others build on it."
        name = file.partition("/")[0]
        to_do = (
            f"`git checkout {commit[:10]} -- {path}`; publish a change of the class as the next revision: "
            f"`uv run rydes contracts publish {name}`."
        )
        yield Finding(RULE, path, why, to_do)


def _published(directory: Path) -> dict[str, tuple[str, str]]:
    """List the files on the main branch: the commit that published each, and the hash of what it was then."""
    came: dict[str, str] = {}
    order: dict[str, int] = {}
    told = _git(
        *(
            directory,
            "log",
            "--first-parent",
            "-m",
            "--reverse",
            "--diff-filter=A",
            "--no-renames",
            "--relative",
        ),
        *("--name-only", "--format=commit %H", _base(directory), "--", "."),
    )
    commit = ""
    for line in filter(None, (told or "").splitlines()):
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
            order[commit] = len(order)
        else:
            came.setdefault(line, commit)
    if (begin := came.pop(_FROM, None)) is None:
        return {}
    found: dict[str, tuple[str, str]] = {}
    files: defaultdict[str, list[str]] = defaultdict(list)
    for file, commit in came.items():
        files[max(commit, begin, key=order.__getitem__)].append(file)
    for commit, names in files.items():
        listed = _git(directory, "ls-tree", "-r", "-z", commit, "--", *names) or ""
        for entry in filter(None, listed.split("\0")):
            about, _, name = entry.partition("\t")
            found[name] = commit, about.split()[2]
    return found


def _base(directory: Path) -> str:
    """Name the newest commit of the main branch that is in this one."""
    for trunk in _TRUNKS:
        if base := _git(directory, "merge-base", "HEAD", trunk):
            return base.strip()
    return "HEAD"


def _git(directory: Path, *arguments: str) -> str | None:
    """Run git there. None where it fails, as outside of a repository, or is not installed."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments of our own
            ["git", "-C", str(directory), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
