"""Run the local cloud, try the services on it, and look inside."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "cloud": ("run", "up", "deploy", "destroy", "down", "status", "token"),
    "doctor": ("doctor",),
    "customers": ("rfq", "phone"),
    "clients": ("clients",),
    "jobs": ("jobs",),
    "fleet": ("fleet",),
    "support": ("callbacks",),
    "feedback": ("feedback",),
    "settlement": ("owed",),
    "invoices": ("invoices",),
    "operators": ("partners", "trace", "logs", "scenario"),
    "stops": ("stop", "start"),
    "dead_letters": ("dlq", "quarantine"),
    "replay": ("replay",),
    "sms": ("sms",),
    "contracts": ("contracts",),
    "verify": ("verify",),
    "control_room": ("control-room",),
}
"""The modules of commands, and what each adds."""
MORE: Final = {"dead_letters": "dead_letter_moves", "contracts": "event_catalog"}
"""Which module adds more to the commands of another."""
_WHERE: Final = {command: module for module, commands in MODULES.items() for command in commands}


class _Commands(TyperGroup):
    """Imports the module of a command when that is wanted: one needs a third of what all need, which takes a second."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own click
        return [*_WHERE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's own click
        name = _WHERE.get(cmd_name)
        if name is None:
            return None
        module = import_module(f"infra.rydes.commands.{name}")
        if more := MORE.get(name):
            import_module(f"infra.rydes.commands.{more}")
        return get_group(module.app).commands[cmd_name]


app = typer.Typer(
    cls=_Commands, help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def rydes() -> None:
    """Have commands, each in a module of its own."""


if __name__ == "__main__":
    sys.exit(app())
