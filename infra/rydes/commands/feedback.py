"""The command for whoever wants to know how SMS conversations go."""

from contextlib import suppress
from typing import Annotated

import typer

from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.operator import log_events
from infra.rydes.operator.conversations import Conversations

app = typer.Typer()


@app.command()
def feedback(
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the figures once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, once.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How many minutes to look back.")] = 60,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show how SMS conversations go, live: who answers, the scores, what it costs."""
    with one_line_errors(), log_events.reached(), suppress(KeyboardInterrupt):
        account = system(aws=aws, profile=profile, region=region, env=env)
        Conversations(account, minutes).show(console, once=once, as_json=as_json)
