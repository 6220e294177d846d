"""Bugs that are planted, one at a time, to see whether the simulation finds them."""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
_FILE = Path(__file__).with_name("mutants.toml")


@dataclass(frozen=True)
class Mutant:
    """In one file, the text `old`, which is there once, becomes `new`."""

    name: str
    why: str
    file: str
    old: str
    new: str
    scene: str = "rides"
    """Which scene is to find it."""

    def __str__(self) -> str:
        return self.name

    @property
    def module(self) -> str:
        """The name of the module that the file is."""
        return ".".join(Path(self.file.partition("/src/")[2]).with_suffix("").parts)

    def source(self) -> str:
        """Read the file with the bug in it. Raises ValueError if the text is not there once."""
        text = (ROOT / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.name}: {text.count(self.old)} times in {self.file}, not once:\n{self.old}"
            )
        return text.replace(self.old, self.new)


def all_mutants() -> dict[str, Mutant]:
    """Read all mutants by their names."""
    return {name: Mutant(name, **fields) for name, fields in tomllib.loads(_FILE.read_text()).items()}


def install(name: str) -> None:
    """Have this process import the module with the bug in it."""
    sys.meta_path.insert(0, _Finder(all_mutants()[name]))


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        file = str(ROOT / self._mutant.file)
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, self._mutant.source()))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_data(self, path: str) -> bytes:  # noqa: ARG002
        return self._source.encode()

    def path_stats(self, path: str) -> Mapping[str, Any]:  # noqa: ARG002
        raise OSError("nothing of it is kept")  # no bytecode of another source, and none is written
