"""The command that serves the control room: `rydes control-room`."""

from typing import Annotated

import typer

from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import one_line_errors
from infra.rydes.control_room.server import serve

app = typer.Typer()


@app.command()
def control_room(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen, on this machine only.")] = 0,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Serve the control room: the system as a live picture. On AWS it looks, and changes nothing."""
    with one_line_errors():
        serve(
            system(aws=aws, profile=profile, region=region, env=env),
            port,
            lambda link: print(f"{link}\nCtrl-C ends it.", flush=True),
        )
