"""Every `uv run rydes …` that a document shows is a command with these arguments and options; nothing is executed."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException
from typer.main import get_command

from infra.rydes.cli import app

ROOT = Path(__file__).parents[4]
_COMMAND = re.compile(r"uv run rydes([^`\n]*)")
_TO_FILL_IN = re.compile(r"<[a-z-]+>|…")
_FILE = re.compile(r"\b(OLD|NEW|FILE)\b")


def documented(text: str) -> Iterator[list[str]]:
    """The words of each command in a text, with something in place of what is left to the reader."""
    for found in _COMMAND.finditer(text):
        typed = shlex.split(_FILE.sub("README.md", _TO_FILL_IN.sub("0", found[1])), comments=True)
        words = [*takewhile(lambda word: word != ">", typed)]  # what follows is the shell's
        if words and words[0] != "0":  # `uv run rydes … --aws`: any command
            yield words


def parse(command: Any, words: list[str]) -> None:
    """Let typer take the words as it would. Raises its error if it would not."""
    with command.make_context("rydes", [*words]) as context:
        if hasattr(command, "resolve_command"):  # it has commands of its own
            _, chosen, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            parse(chosen, rest)


def shown() -> list[tuple[str, list[str]]]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [(name, words) for name in listed for words in documented((ROOT / name).read_text())]


def test_what_documents_tell_to_type_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found, command, wrong = shown(), get_command(app), []
    assert len(found) > 50
    for name, words in found:
        try:
            parse(command, words)
        except typer.Exit:
            assert "--help" in words
        except TyperException as error:
            wrong.append(f"{name}: {shlex.join(words)}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "uv run rydes frobnicate",
        "uv run rydes dlq show",
        "uv run rydes dlq list --colour",
        "uv run rydes dlq lst",
    ],
)
def test_what_cannot_be_typed_is_found(line: str) -> None:
    [words] = documented(f"`{line}`")
    with pytest.raises(TyperException):
        parse(get_command(app), words)
