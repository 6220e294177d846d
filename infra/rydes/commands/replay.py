"""The command that replays what the bus has said."""

import getpass
import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, complain, console, end_in_order, one_line_errors
from infra.rydes.operator import replay as replays
from infra.rydes.operator.printable import printable
from infra.rydes.operator.replay import ARRIVES_WITHIN, Plan, Progress

app = typer.Typer()


@app.command()
def replay(
    *,
    since: Annotated[
        str, typer.Option(help="From this time on, in UTC: 08:45, 08:45:12 or 2026-11-21T08:45:12.")
    ],
    until: Annotated[str, typer.Option(help="Up to this time, in UTC; by default up to now.")] = "",
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="To the rules that hear this event.")
    ] = None,
    to_rules: Annotated[
        list[str] | None, typer.Option("--to-rule", metavar="NAME", help="To this rule, by its plain name.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be replayed, and to whom.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, on AWS.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Have the bus tell again what it has said, from its archive: to all rules, or to some.

    Ctrl-C stops the replay. Nothing that is settled changes by it, however often it is told.
    """
    end_in_order()
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        now = datetime.now(UTC)
        plan = replays.plan(there, since, until, events=events or (), to_rules=to_rules or (), now=now)
        _warn(plan, events or (), now, on_aws=isinstance(there, AwsAccount))
        if dry_run:
            _show(there, plan, as_json=as_json)
            return
        replays.require_none_under_way(there, plan.archive)
        if isinstance(there, AwsAccount) and not yes:
            _show(there, plan, as_json=False)
            _confirm()
        name = replays.start(there, plan, who=getpass.getuser(), now=datetime.now(UTC))
        ended = _follow(there, name, quiet=as_json)
        if as_json:
            print(printable(json.dumps({"name": name, **_summary(plan), **_state(ended)}, indent=2)))
        if ended.state != "COMPLETED":
            raise LocalCloudError(
                f"{name} ended as {ended.state.lower()}: {ended.reason or 'nobody says why'}.",
                "Replay again: what was told already does no harm.",
            )
        if not as_json:
            rules = ", ".join(rule.name for rule in plan.rules)
            _print(
                f"Replayed to {rules}. What their consumers make of it: uv run rydes logs -f, on AWS their queues and logs."
            )


def _warn(plan: Plan, wanted: list[str] | tuple[str, ...], now: datetime, *, on_aws: bool) -> None:
    """Say what a person may not expect."""
    if plan.window.clipped:
        complain(f"The archive has nothing of before {plan.window.since:%F %T} any more.")
    if on_aws and now - plan.window.until < ARRIVES_WITHIN:
        complain("What was said in the last ten minutes may not be in the archive yet.")
    if wanted and (others := plan.others(wanted)):
        complain(f"A replay chooses rules, not events: they hear {', '.join(others)} again, too.")


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise LocalCloudError("Nobody is there to say yes.", "Say --yes.")
    if not typer.confirm("Replay?"):
        raise typer.Exit(1)


def _follow(there: System, name: str, *, quiet: bool) -> Progress:
    """Show how a replay goes until it is over. Ctrl-C stops it."""
    seen: Progress | None = None
    try:
        for progress in replays.follow(there, name):
            if progress != seen and not quiet:
                at = f" {progress.last:%F %T}" if progress.last else ""
                _print(f"{name} {progress.state.lower()}{at}")
            seen = progress
    except KeyboardInterrupt:
        replays.cancel(there, name)
        on = f" Go on with --since {seen.last:%FT%T}" if seen and seen.last else ""
        complain(f"{name} is stopped. What was told stays told, which does no harm.{on}")
        raise typer.Exit(INTERRUPTED) from None
    if seen is None:
        raise AssertionError("a replay has a state")
    return seen


def _state(progress: Progress) -> dict[str, Any]:
    last = progress.last.isoformat() if progress.last else None
    return {"state": progress.state, "reason": progress.reason or None, "last_replayed": last}


def _summary(plan: Plan) -> dict[str, Any]:
    return {
        "archive": plan.archive.name,
        "since": plan.window.since.isoformat(),
        "until": plan.window.until.isoformat(),
        "rules": [rule.name for rule in plan.rules],
    }


def _show(there: System, plan: Plan, *, as_json: bool) -> None:
    """Show what a replay would do."""
    counts = {rule.name: replays.counted(there, rule, plan.window) for rule in plan.rules}
    if as_json:
        rules = [
            {
                "name": rule.name,
                "queues": list(rule.queues),
                "hears": list(rule.hears),
                "heard": counts[rule.name],
                "replayed": rule.replayed,
            }
            for rule in plan.rules
        ]
        kept = plan.archive.kept.days if plan.archive.kept else None
        archive = {"events_in_archive": plan.archive.events, "kept_days": kept}
        print(printable(json.dumps({**_summary(plan), **archive, "rules": rules}, indent=2)))
        return
    how_long = f"{plan.archive.kept.days} days" if plan.archive.kept else "for ever"
    _print(f"archive  {plan.archive.name}, {plan.archive.events} events in all, kept {how_long}")
    _print(f"window   {plan.window.since:%F %T} to {plan.window.until:%F %T}, in UTC")
    for rule in plan.rules:
        heard = counts[rule.name]
        figure = "nobody has counted them" if heard is None else f"about {heard} in the window"
        _print(f"rule     {rule.name} → {', '.join(rule.queues)}")
        _print(f"         hears {', '.join(rule.hears)}: {figure}")
        _print(f"         {rule.replayed}")


def _print(text: str) -> None:
    console.print(Text(printable(text)), soft_wrap=True)
