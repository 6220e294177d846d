"""Commands for whoever wants to be of the support team."""

from typing import Annotated, Literal

import typer

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.scenarios.contact_centre import Agent, show_claimed, show_waiting

app = typer.Typer()


@app.command()
def callbacks(
    ride: Annotated[str, typer.Argument(help="Claim the call about this ride, and see whom to call.")] = "",
    *,
    outcome: Annotated[
        Literal["reached", "not-reached", "wrong-number", "not-wanted"] | None,
        typer.Option(
            "--outcome",
            metavar="OUTCOME",
            help="Close the call that you have claimed: reached, not-reached, wrong-number or not-wanted.",
        ),
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Leave the call to others.")] = False,
    agent: Annotated[str, typer.Option(help="Who of the support team you are.")] = "agent",
) -> None:
    """Show which customers wait for a call; claim a call, make it, and close it."""
    with one_line_errors():
        if (outcome or release) and not ride:
            raise LocalCloudError("The ride is missing.", "`uv run rydes callbacks` lists them.")
        who = Agent(Cloud.find(Settings.from_environment()), agent)
        if not ride:
            show_waiting(who.waiting(), console)
        elif release:
            who.release(ride)
            console.print("Whoever claims the call next has it.")
        elif outcome:
            who.close(ride, outcome)
            console.print(f"Closed: {outcome}.")
        else:
            show_claimed(who.claim(ride), console)
