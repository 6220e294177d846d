"""Commands that run the local cloud."""

import json
import os
import re
import sys
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from infra.rydes.cloud import emulator
from infra.rydes.cloud.app_folder import AppFolder
from infra.rydes.cloud.cloud import GROUPS, Cloud
from infra.rydes.cloud.cloud import status as cloud_status
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.system import System
from infra.rydes.cloud.up import up as bring_up
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, console, end_in_order, one_line_errors
from infra.rydes.scenarios import journey

app = typer.Typer()

_USER = re.compile(r"\S{1,128}")
"""A name that Cognito takes: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html"""


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Stop everything after the journey.")] = False,
) -> None:
    """Deploy everything, take one ride, show how the request went, and stay up until Ctrl-C."""
    end_in_order()
    with one_line_errors():
        try:
            journey.run(Settings.from_environment(), console, once=once)
        except KeyboardInterrupt:
            print("\nStopped before the journey was finished.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def up() -> None:
    """Start the local cloud in the background, or update the stacks of the running one."""
    with one_line_errors():
        progress = Progress(console)
        cloud, _ = bring_up(Settings.from_environment(), progress, owned=False)
        journey.seed(cloud, progress)
        console.print(
            f"The local cloud is up on port {cloud.settings.port} ({progress.seconds:.1f} s). "
            "Stop it: uv run rydes down"
        )


_Folder = Annotated[Path, typer.Argument(help="A folder with a CDK app, such as docs/examples/surge.")]


@app.command(name="deploy")
def deploy_(folder: _Folder) -> None:
    """Deploy the CDK app of a folder to the running local cloud, and touch nothing else."""
    with one_line_errors():
        app_folder, cloud = AppFolder(folder), Cloud.find(Settings.from_environment())
        outputs = app_folder.deploy(cloud, Progress(console))
    for stack, values in outputs.items():
        print(f"{stack} is deployed. Take it away again: uv run rydes destroy {folder}")
        for name, value in values.items():
            print(f"  {name:<24}{value}")


@app.command()
def destroy(folder: _Folder) -> None:
    """Delete what `rydes deploy` has deployed from a folder, with its data."""
    with one_line_errors():
        app_folder, cloud = AppFolder(folder), Cloud.find(Settings.from_environment())
        deleted = app_folder.destroy(cloud, Progress(console))
    print(f"Deleted: {', '.join(deleted)}.")


@app.command()
def down() -> None:
    """Stop the local cloud with all its environments; their data is gone."""
    with one_line_errors():
        stopped = emulator.stop(Settings.from_environment().run_dir)
    console.print("Stopped." if stopped else "The local cloud was not up.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show whether the local cloud is up, and the URLs of its APIs and queues."""
    with one_line_errors():
        found = cloud_status(Settings.from_environment())
    if as_json:
        print(json.dumps(asdict(found)))
        return
    console.print("[green]ready[/]" if found.ready else "[yellow]not ready[/] (rydes up)")
    for name, url in {**found.urls, **found.queues}.items():
        print(f"{name:<36}{url}")


@app.command()
def token(
    user: Annotated[str, typer.Option(help="The user's name, any you like.")],
    group: Annotated[str, typer.Option(help="One of customers, unicorns, support, machines.")],
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Print a JWT of a user, creating the user if necessary.

    On AWS a new user gets a password, which is printed on stderr, once. It is asked for when the user signs in again,
    unless RYDES_PASSWORD has it: nobody's password is ever changed there.
    """
    with one_line_errors():
        if not _USER.fullmatch(user):
            raise LocalCloudError(f"{user!r} cannot be a user.", "Take 1 to 128 characters without spaces.")
        found = system(aws=aws, profile=profile, region=region, env=env)
        print(found.token(user, group) if isinstance(found, Cloud) else _token_on_aws(found, user, group))


def _token_on_aws(found: System, user: str, group: str) -> str:
    if group not in GROUPS:
        raise LocalCloudError(f"There is no group {group}.", f"Choose one of {', '.join(GROUPS)}.")
    if found.users.exists(user):
        password = os.environ.get("RYDES_PASSWORD") or getpass(f"Password of {user}: ")
    else:
        password = found.users.create(user, group)
        print(f"Created {user}. The password, which nobody else knows: {password}", file=sys.stderr)
    return found.users.sign_in(user, password)
