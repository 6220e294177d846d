"""Commands for whoever runs the services."""

import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, console, end_in_order, one_line_errors, quiet_end
from infra.rydes.operator import log_events, modes
from infra.rydes.operator import logs as log_lines
from infra.rydes.operator import trace as timeline
from infra.rydes.operator.dashboard import Dashboard
from infra.rydes.operator.times import moment, seconds_of
from infra.rydes.scenarios.outage import Outage
from wild_rydes_circuit_breaker import Mode

app = typer.Typer()
scenarios = typer.Typer(help="Play a story on the running local cloud.", no_args_is_help=True)
app.add_typer(scenarios, name="scenario")

_LOOK_BACK: Final = timedelta(hours=3)
"""How far back `trace` looks on AWS for an id without a time in it: CloudWatch reads all lines of all functions since."""
_RECENT: Final = "1h"
"""How far back `logs` looks on AWS if nobody says."""


@app.command()
def partners(
    partner: Annotated[str, typer.Argument(help="A partner's id; by default all partners.")] = "",
    *,
    mode: Annotated[
        Mode | None, typer.Option(case_sensitive=False, help="Set the mode of the partner's circuit.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; shown to everyone who looks at the circuit.")] = "",
    lasts: Annotated[
        str,
        typer.Option(
            "--for", help="How long the mode lasts: 90s, 30m, 2h or 1d; by default until it is lifted."
        ),
    ] = "",
    actor: Annotated[str, typer.Option(help="Who sets the mode; by default you.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Print the tables once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, once.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How many minutes of calls to count.")] = 5,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show partners, their circuits and how calls to them go, live; or set the mode of a circuit."""
    with one_line_errors(), modes.reached(), suppress(KeyboardInterrupt):
        account = system(aws=aws, profile=profile, region=region, env=env)
        chosen = modes.known(partner) if partner else None
        if mode is not None:
            modes.put(account, chosen, modes.order(mode, actor=actor, reason=reason, lasts=lasts))
        elif reason or lasts or actor:
            raise LocalCloudError("The mode is missing.", "Name one: --mode FORCED_OPEN")
        Dashboard(account, chosen, minutes * 60.0).show(
            console, once=once or mode is not None, as_json=as_json
        )


@scenarios.command()
def outage(
    partner: Annotated[str, typer.Option(help="The partner's id.")] = "p-comet",
    hangs: Annotated[
        bool, typer.Option("--hangs", help="The partner does not answer at all, instead of with 503.")
    ] = False,
) -> None:
    """Let a partner go down: its circuit opens, RFQs complete without it, it recovers."""
    end_in_order()
    with one_line_errors():
        try:
            Outage(Cloud.find(Settings.from_environment()), modes.known(partner), console).play(hangs=hangs)
        except KeyboardInterrupt:
            print(f"\nStopped; {partner} is well again.")
            raise typer.Exit(INTERRUPTED) from None


@app.command()
def trace(
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="An RFQ's id (the last part of its URL), a ride's or an event's."),
    ],
    *,
    since: Annotated[
        str,
        typer.Option(help="Look at lines from this time on, in UTC, or of the last 30m, 2h or 1d."),
    ] = "",
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show how an RFQ, and the ride and survey that followed, went through all functions and queues."""
    now = datetime.now(UTC)
    with one_line_errors():
        account = system(aws=aws, profile=profile, region=region, env=env)
        begin = _since(since, now)
        if begin is None and isinstance(account, AwsAccount) and timeline.born(id_) is None:
            begin = now - _LOOK_BACK
        found = timeline.lines(account, id_, since=begin)
        if not found:
            window = f" since {begin:%F %T}" if begin else ""
            raise LocalCloudError(
                f"No function logged anything about {id_}{window}.",
                "Look further back: --since 1d. `uv run rydes logs --last 10m` shows recent ids.",
            )
        console.print(timeline.view(found, console.width))


def _since(text: str, now: datetime) -> datetime | None:
    """Read a time, or how far back: `30m`."""
    if not text:
        return None
    return now - timedelta(seconds=seconds_of(text)) if text[-1:].isalpha() else moment(text, now)


@app.command()
def logs(
    pattern: Annotated[
        str, typer.Argument(help="A word, a correlation id, or a CloudWatch filter pattern; else all lines.")
    ] = "",
    *,
    service: Annotated[str, typer.Option(help=f"One of {', '.join(log_lines.SERVICES)}.")] = "",
    level: Annotated[
        str, typer.Option(help=f"Only this level and above: {', '.join(log_lines.LEVELS)}.")
    ] = "",
    since: Annotated[
        str, typer.Option(help="From this time on, in UTC: 08:45, 08:45:12 or 2026-11-21T08:45:12.")
    ] = "",
    until: Annotated[str, typer.Option(help="Up to this time, in UTC.")] = "",
    last: Annotated[str, typer.Option(help="How far back to look: 90s, 30m, 2h or 1d.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as they were logged.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Print the lines that the functions logged, in order of time; with -f, as they arrive."""
    now = datetime.now(UTC)
    with one_line_errors(), log_events.reached(), quiet_end():
        if follow and until:
            raise LocalCloudError("--follow never ends.", "Leave out --until.")
        account = system(aws=aws, profile=profile, region=region, env=env)
        if isinstance(account, AwsAccount) and not (since or last or follow):
            last = _RECENT
        selection = log_lines.select(
            pattern,
            service=service,
            level=level,
            since=since or (now.isoformat() if follow and not last else ""),
            until=until,
            last=last,
            now=now,
        )
        found = (log_lines.watch if follow else log_lines.read)(account, selection)
        if not log_lines.show(found, console, as_json=as_json, today=now):
            print("No line matches.", file=sys.stderr)
