"""Opens PDFs of strangers in a process of its own (`adapters/pdf_child.py`), which may crash, hang or run out of memory."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast, get_args

from settlement.domain.document import Unreadable

_CHILD: Final = "settlement.adapters.pdf_child"
_FILE_MIB: Final = 20
"""How large a page may be, or its picture."""
_HEAD: Final = b"%PDF-"

HEAD_LENGTH: Final = 1024
"""Bytes within which readers of PDFs look for the beginning of one."""


class PdfProblem(Exception):
    """A PDF cannot be looked at, however often it is tried."""

    def __init__(self, reason: Unreadable) -> None:
        self.reason: Unreadable = reason
        super().__init__(reason)


class ReaderDied(Exception):
    """The process that had opened the PDF crashed, or had to be stopped."""


def is_pdf(head: bytes) -> bool:
    """Say whether the first bytes of a file are a PDF's."""
    return _HEAD in head[:HEAD_LENGTH]


@dataclass(frozen=True, slots=True)
class PdfReader:
    """Has a process work on a PDF that may use so much memory, for so many seconds.

    Methods raise PdfProblem, and ReaderDied if it came to no end by itself.
    """

    memory_mib: int
    seconds: int

    def count(self, file: Path) -> int:
        """Count the pages."""
        return int(self._ask("count", file)["pages"])

    def split(self, file: Path, directory: Path, pages: Iterable[int]) -> None:
        """Write each of these pages into `directory`, as `<page>.pdf`."""
        self._ask("split", file, directory, *pages)

    def render(self, directory: Path, pages: Iterable[int]) -> None:
        """Draw each `<page>.pdf` of these pages in `directory`, as `<page>.png`."""
        self._ask("render", directory, *pages)

    def _ask(self, command: str, *arguments: object) -> dict[str, Any]:
        limits = f"{self.memory_mib},{self.seconds},{_FILE_MIB}"
        try:
            # -P and no environment but the path: no credentials, and nothing of the caller's directory.
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", _CHILD, limits, command, *map(str, arguments)],
                env={"PYTHONPATH": ":".join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=True,
            )
            found: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise ReaderDied(f"{command} was stopped after {self.seconds} s") from None
        except subprocess.CalledProcessError as error:
            raise ReaderDied(f"{command} ended with {error.returncode}") from None
        except ValueError:
            raise ReaderDied(f"{command} said nothing that can be read") from None
        if problem := found.get("problem"):
            if problem not in get_args(Unreadable):
                raise ReaderDied(f"{command} said nothing that can be read")
            raise PdfProblem(cast("Unreadable", problem))
        return found
