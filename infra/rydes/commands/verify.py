"""The command that checks a deployment."""

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, console, end_in_order, one_line_errors
from infra.rydes.verify.promise import SIGNS, Promise, Report, State
from infra.rydes.verify.run import run

app = typer.Typer()

_STYLES = {State.KEPT: "green", State.BROKEN: "bold red", State.RISKY: "yellow", State.UNTRIED: "dim"}


@app.command()
def verify(
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, when all is known.")] = False,
) -> None:
    """Check that a deployed system keeps its promises: its resources, and a ride through all services.

    The exit status is 1 if a promise is broken. Nothing is left behind but log lines and counts.
    """
    end_in_order()
    began = time.monotonic()
    report = Report(lambda promise: None if as_json else _show(promise))
    ended = False
    try:
        with one_line_errors():
            run(system(aws=aws, profile=profile, region=region, env=env), report)
        ended = True
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        if as_json:
            promises = [asdict(promise) | {"state": promise.state.value} for promise in report.promises]
            print(json.dumps({"kept": ended and report.kept, "promises": promises}, indent=2))
    if not as_json:
        counts = ", ".join(f"{count} {state.value}" for state in State if (count := report.count(state)))
        console.print(f"\n{counts}, in {time.monotonic() - began:.0f} s", highlight=False)
    if not report.kept:
        raise typer.Exit(1)


def _show(promise: Promise) -> None:
    """Print a promise: its sign and what it says; below, unless it is kept, what that means and what to do."""
    sign, style = SIGNS[promise.state], _STYLES[promise.state]
    told = f"[{style}]{sign}[/] [dim]{escape(promise.subject)}:[/] {escape(promise.says)}"
    console.print(told, highlight=False, soft_wrap=True)
    for text in (promise.means, promise.to_do):
        if text and promise.state is not State.KEPT:
            console.print(f"    {escape(text)}", highlight=False, soft_wrap=True)
