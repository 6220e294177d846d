"""`rydes` knows every command of every module, and imports no module for another's command."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command, get_group

from infra.rydes import cli

COMMANDS = Path(cli.__file__).with_name("commands")


def test_each_command_of_each_module_is_there() -> None:
    names = {path.stem for path in COMMANDS.glob("*.py")} - {"__init__"}
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        module = import_module(f"infra.rydes.commands.{name}")
        if hasattr(module, "app"):
            found[name] = tuple(get_group(module.app).commands)
    assert {name: {*commands} for name, commands in cli.MODULES.items()} == {
        name: {*commands} for name, commands in found.items()
    }
    assert {*cli.MORE.values()} <= names
    command: Any = get_command(cli.app)
    with command.make_context("rydes", ["status"]) as context:
        for name in command.list_commands(context):
            assert command.get_command(context, name).name == name
        assert command.get_command(context, "frobnicate") is None


def test_a_module_that_adds_to_anothers_commands_is_not_forgotten() -> None:
    command: Any = get_command(cli.app)
    with command.make_context("rydes", ["dlq"]) as context:
        assert {"list", "replay", "park"} <= {*command.get_command(context, "dlq").commands}
        assert {"publish", "export"} <= {*command.get_command(context, "contracts").commands}


def test_only_what_is_asked_for_is_imported() -> None:
    code = """
import sys
from typer.testing import CliRunner
from infra.rydes.cli import app
assert CliRunner().invoke(app, ["sms", "--help"]).exit_code == 0
print(*(name for name in sys.modules if name.startswith("infra.rydes.commands.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["infra.rydes.commands.sms"]
