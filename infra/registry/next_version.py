"""Write the next version of a message beside it: a class with the same fields, and its place in the catalogue."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from wild_rydes_contracts import EVENTS, MESSAGES, Message

SOURCES: Final = ROOT / "shared/contracts/src/wild_rydes_contracts"
_LISTS: Final = ("EVENTS", "MESSAGES", "__all__")


def newest(name: str) -> type[Message] | None:
    """Find the class of a message's newest version. None if there is no message of this name."""
    named = [contract for contract in (*EVENTS, *MESSAGES) if contract.name == name]
    return max(named, key=lambda contract: contract.version, default=None)


def write(old: type[Message], sources: Path = SOURCES) -> tuple[str, list[Path]]:
    """Write the class that follows one, and list it in the catalogue; its name, and the files that were changed."""
    new = f"{old.name}V{old.version + 1}"
    module = sources / f"{old.__module__.rpartition('.')[2]}.py"
    catalogue = sources / "catalogue.py"
    module.write_text(_with_class(module.read_text(), old, new))
    catalogue.write_text(_listed(catalogue.read_text(), old, new))
    _tidy(module, catalogue)
    return new, [module, catalogue]


def _with_class(source: str, old: type[Message], new: str) -> str:
    tree = ast.parse(source)
    [definition] = [
        each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == old.__name__
    ]
    lines = source.splitlines()
    copy = "\n".join([*_copied(definition, lines, old, new), *_upcast(old), ""])
    after = definition.end_lineno or len(lines)
    imports = ["from typing import Self", "from wild_rydes_contracts.envelope import Message"]
    first = next(each.lineno for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)) - 1
    return "\n".join([*lines[:first], *imports, *lines[first:after], "", "", copy, *lines[after:], ""])


def _copied(definition: ast.ClassDef, lines: list[str], old: type[Message], new: str) -> Iterable[str]:
    """Copy a class, but for its name, its version, and how it follows the one before it."""
    dropped: set[int] = set()
    for statement in definition.body:
        if getattr(statement, "name", "") == "upcast" or _target(statement) == "follows":
            first = min(
                [statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))]
            )
            dropped.update(range(first, (statement.end_lineno or first) + 1))
    for number in range(definition.lineno, (definition.end_lineno or 0) + 1):
        line = lines[number - 1]
        if number == definition.lineno:
            yield line.replace(f"class {old.__name__}(", f"class {new}(")
        elif number not in dropped:
            version = re.match(r"\s+version: ClassVar\[int\] = ", line)
            yield f"{version[0]}{old.version + 1}" if version else line
            if version:
                yield f"    follows: ClassVar[type[Message]] = {old.__name__}"


def _upcast(old: type[Message]) -> Iterable[str]:
    yield from (
        "",
        "    @classmethod",
        f"    def upcast(cls, old: {old.__name__}) -> Self:",
        f'        """Make it of what version {old.version} says."""',
        "        return cls(",
        *(f"            {name}=old.{name}," for name in old.model_fields),
        "        )",
    )


def _listed(source: str, old: type[Message], new: str) -> str:
    """Import the new class, and list it after the old one."""
    tree = ast.parse(source)
    places: list[tuple[int, int, str]] = []
    for statement in tree.body:
        if _target(statement) in _LISTS:
            for each in ast.walk(statement):
                if isinstance(each, ast.Name) and each.id == old.__name__:
                    places.append((each.end_lineno or 0, each.end_col_offset or 0, f", {new}"))
                elif isinstance(each, ast.Constant) and each.value == old.__name__:
                    places.append((each.end_lineno or 0, each.end_col_offset or 0, f', "{new}"'))
    lines = source.splitlines()
    for line, column, text in sorted(places, reverse=True):
        lines[line - 1] = lines[line - 1][:column] + text + lines[line - 1][column:]
    first = next(each.lineno for each in tree.body if isinstance(each, ast.ImportFrom)) - 1
    return "\n".join([*lines[:first], f"from {old.__module__} import {new}", *lines[first:], ""])


def _target(statement: ast.stmt) -> str | None:
    """Name what an assignment assigns to."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _tidy(*files: Path) -> None:
    """Sort imports and lists, and format."""
    for command in (("check", "--quiet", "--fix", "--select", "I,RUF022"), ("format", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *command, *map(str, files)], check=True)  # noqa: S603
