"""The ``rydes`` command: the local cloud and everything one does with it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.local import emulator
from infra.local.cloud import Cloud
from infra.local.cloud import status as cloud_status
from infra.local.errors import LocalCloudError
from infra.local.settings import Settings
from infra.local.steps import Steps
from infra.local.up import up as bring_up

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except LocalCloudError as error:
        Console(stderr=True).print(
            f"[bold red]✗[/] {error.problem} [bold]{error.way_out}[/]", highlight=False, soft_wrap=True
        )
        raise typer.Exit(1) from error


@app.command()
def up() -> None:
    """Start the local cloud in the background, or update the stacks of the running one."""
    with _one_line_errors():
        steps = Steps(console)
        cloud, _ = bring_up(Settings.from_environment(), steps, owned=False)
        console.print(
            f"The local cloud is up on port {cloud.settings.port} ({steps.seconds:.1f} s). Stop it: rydes down"
        )


@app.command()
def down() -> None:
    """Stop the local cloud; its state is gone."""
    with _one_line_errors():
        stopped = emulator.stop(Settings.from_environment().run_dir)
    console.print("Stopped." if stopped else "It was not up.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say whether the local cloud is up, and where its APIs and queues are."""
    with _one_line_errors():
        found = cloud_status(Settings.from_environment())
    if as_json:
        print(json.dumps(asdict(found)))
        return
    console.print("[green]ready[/]" if found.ready else "[yellow]not ready[/] (rydes up)")
    table = Table("name", "URL", box=None)
    for name, url in {**found.urls, **found.queues}.items():
        table.add_row(name, url)
    console.print(table)


@app.command()
def token(
    user: Annotated[str, typer.Option(help="Any name.")],
    group: Annotated[str, typer.Option(help="customers, unicorns or support.")],
) -> None:
    """Print a JWT of a user, who is created if need be."""
    with _one_line_errors():
        print(Cloud.find(Settings.from_environment()).token(user, group))


if __name__ == "__main__":
    sys.exit(app())
