"""Run the local cloud, try the services on it, and look inside."""

import sys

import typer

from infra.rydes.commands import (
    clients,
    cloud,
    contracts,
    customers,
    dead_letter_moves,  # noqa: F401 - adds commands to dlq
    dead_letters,
    doctor,
    event_catalog,  # noqa: F401 - adds a command to contracts
    feedback,
    operators,
    replay,
    sms,
    stops,
    support,
    verify,
)

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for commands in (
    cloud,
    doctor,
    customers,
    clients,
    support,
    feedback,
    operators,
    stops,
    dead_letters,
    replay,
    sms,
    contracts,
    verify,
):
    app.add_typer(commands.app)


if __name__ == "__main__":
    sys.exit(app())
