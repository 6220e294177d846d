"""Commands that stop a function, and start it again."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.operator.stops import Stops

app = typer.Typer()

Reason = Annotated[str, typer.Option(help="Why; kept, and shown to whoever looks.")]
Yes = Annotated[bool, typer.Option("--yes", help="On AWS, do it without asking.")]


@app.command()
def stop(
    function: Annotated[
        str, typer.Argument(help="The function's plain name, such as ride-booking-closer.")
    ] = "",
    *,
    reason: Reason = "",
    list_: Annotated[bool, typer.Option("--list", help="List what is stopped, by whom and why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
    yes: Yes = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Stop a function: messages for it wait, and callers of an API are refused. `rydes start` undoes it."""
    with one_line_errors():
        account = system(aws=aws, profile=profile, region=region, env=env)
        if list_:
            _list(Stops(account), as_json=as_json)
            return
        if not function:
            raise LocalCloudError("The function is missing.", "Name one, or see what is stopped: --list")
        _ask(account, f"Stop {function}", yes=yes)
        stopped = Stops(account).stop(function, reason)
        how = "What comes for it waits." if stopped.sources else "Whoever calls it is refused."
        console.print(
            f"{function} is stopped. {how} Start it: `uv run rydes start {function}`", highlight=False
        )


@app.command()
def start(
    function: Annotated[str, typer.Argument(help="The function's plain name.")],
    *,
    reason: Reason = "",
    yes: Yes = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Start a function that `rydes stop` has stopped: everything is as it was before."""
    with one_line_errors():
        account = system(aws=aws, profile=profile, region=region, env=env)
        _ask(account, f"Start {function}", yes=yes)
        stopped = Stops(account).start(function, reason)
        console.print(f"{function} runs again. {stopped.by} had stopped it at {stopped.at}.", highlight=False)


def _ask(account: System, what: str, *, yes: bool) -> None:
    if isinstance(account, AwsAccount) and not yes:
        environment = account.names.environment
        typer.confirm(f"{what} in {environment or 'the environment without a name'}?", abort=True)


def _list(stops: Stops, *, as_json: bool) -> None:
    found = stops.all()
    if as_json:
        print(json.dumps([asdict(stop) for stop in found]))
        return
    table = Table("function", "since", "by", "reason", box=None)
    for stop in found:
        table.add_row(stop.function, stop.at, stop.by, stop.reason)
    console.print(table if found else "Nothing is stopped.")
