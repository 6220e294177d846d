"""Reads a guide as a person does: which file to write or change, where, and what to run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast

Place: TypeAlias = Literal["new", "at the end", "after", "before", "instead of"]

_EDIT = re.compile(
    r"^\s*\*\*`(?P<path>[^`]+)`\*\*, (?P<place>new|at the end|after|before|instead of)(?: `(?P<anchor>[^`]+)`)?:\n+"
    r"(?P<indent> *)```\w+\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_COMMANDS = re.compile(r"^(?P<indent> *)```sh\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Edit:
    """A block of text for a file: a new file's content, or lines to put somewhere relative to a line that is there."""

    path: str
    place: Place
    anchor: str | None
    text: str

    def apply(self, root: Path) -> None:
        """Do it below `root`. Raises AssertionError when the file is not as the guide takes it to be."""
        file = root / self.path
        if self.place == "new":
            assert not file.exists(), f"{self.path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.text)
            return
        before = file.read_text()
        file.write_text(self._changed(before))

    def _changed(self, before: str) -> str:
        if self.place == "at the end":
            return before + self.text
        lines = before.splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if line.strip() == self.anchor]
        assert at, f"{self.path} has no line {self.anchor!r}"
        begin = at[0] + (self.place == "after")
        end = at[0] + 1 if self.place == "instead of" else begin
        return "".join([*lines[:begin], self.text, *lines[end:]])


def steps(guide: str) -> Iterator[Edit | str]:
    """The edits and commands (one line of shell each) of a guide, in their order."""
    found = [*_EDIT.finditer(guide), *_COMMANDS.finditer(guide)]
    for match in sorted(found, key=lambda match: match.start()):
        text = _without(match["indent"], match["text"])
        if match.re is _COMMANDS:
            yield from text.splitlines()
        else:
            yield Edit(match["path"], cast("Place", match["place"]), match["anchor"], text)


def _without(indent: str, text: str) -> str:
    return re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
