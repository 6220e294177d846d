"""Commands that move dead letters: `rydes dlq replay`, `park` and `purge`."""

import json
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.dead_letters import dlq, print_groups
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, complain, one_line_errors
from infra.rydes.operator.dead_letter_moves import Move, Outcome, Sweep, Wanted, parking, purging, replaying
from infra.rydes.operator.dead_letter_summary import summary
from infra.rydes.operator.dead_letters import Parked, held, one, queues_of
from infra.rydes.operator.printable import printable
from infra.rydes.operator.times import seconds_of

_Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Messages' ids, or the beginnings of them.")
]
_Queue = Annotated[str, typer.Option("--queue", metavar="Q", help="Only the dead letters of this queue.")]
_Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Only those whose reason or error has this text.")
]
_Type = Annotated[str, typer.Option("--type", metavar="NAME", help="Only messages of this type.")]
_Correlation = Annotated[
    str, typer.Option("--correlation", metavar="ID", help="Only those of this conversation.")
]
_Older = Annotated[str, typer.Option("--older-than", metavar="TIME", help="Such as 90s, 30m, 2h or 1d.")]
_Newer = Annotated[str, typer.Option("--newer-than", metavar="TIME", help="Such as 90s, 30m, 2h or 1d.")]
_All = Annotated[bool, typer.Option("--all", help="All dead letters of all queues.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show which these are.")]
_Rate = Annotated[
    float | None, typer.Option("--rate", metavar="N", min=0.01, help="So many messages a second, at most.")
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SHORT = 8


@dlq.command()
@dlq.command(name="redrive", hidden=True)  # the name until there was a replay
def replay(
    ids: _Ids = None,
    *,
    queue: _Queue = "",
    reason: _Reason = "",
    type_: _Type = "",
    correlation: _Correlation = "",
    older_than: _Older = "",
    newer_than: _Newer = "",
    everything: _All = False,
    force: Annotated[bool, typer.Option("--force", help="What is not valid, too.")] = False,
    dry_run: _DryRun = False,
    rate: _Rate = None,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Have dead letters handled again: each goes back where it came from, and is then deleted here.

    Ctrl-C in between loses nothing: at worst ten messages are handled twice, which consumers bear.
    """
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        wanted = Wanted(tuple(ids or ()), reason, type_, correlation, _ago(older_than), _ago(newer_than))
        sweep = _sweep(there, queue, wanted, everything=everything, rate=rate)
        move = replaying(there, force=force)
        _end("replayed", sweep, move, dry_run=dry_run, as_json=as_json)


@dlq.command()
def park(
    ids: _Ids = None,
    *,
    queue: _Queue = "",
    reason: _Reason = "",
    type_: _Type = "",
    correlation: _Correlation = "",
    older_than: _Older = "",
    newer_than: _Newer = "",
    everything: _All = False,
    dry_run: _DryRun = False,
    rate: _Rate = None,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Take dead letters away from the replay: from a dead-letter queue to the parking queue behind it."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        wanted = Wanted(tuple(ids or ()), reason, type_, correlation, _ago(older_than), _ago(newer_than))
        sweep = _sweep(there, queue, wanted, everything=everything, rate=rate)
        _end("parked", sweep, parking(there), dry_run=dry_run, as_json=as_json)


@dlq.command()
def purge(
    ids: _Ids = None,
    *,
    queue: _Queue = "",
    reason: _Reason = "",
    type_: _Type = "",
    correlation: _Correlation = "",
    older_than: _Older = "",
    newer_than: _Newer = "",
    everything: _All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    backup: Annotated[
        str, typer.Option("--backup", metavar="FILE", help="Write what is deleted to this file first.")
    ] = "",
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Keep nothing of what is deleted.")] = False,
    dry_run: _DryRun = False,
    rate: _Rate = None,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Delete dead letters. They are written to a file before, which has personal data as they have."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        wanted = Wanted(tuple(ids or ()), reason, type_, correlation, _ago(older_than), _ago(newer_than))
        sweep = _sweep(there, queue, wanted, everything=everything, rate=rate)
        if not (yes or dry_run):
            found = sweep.look()
            print_groups([summary(message, datetime.now(UTC)) for message in found])
            if found and typer.prompt(
                f"Type {len(found)} to delete these", default="", show_default=False
            ) != str(len(found)):
                raise LocalCloudError("Nothing is deleted.", "Type their number, or say --yes.")
        file = None if no_backup else Path(backup or f"purged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl")
        _end("purged", sweep, purging(file), dry_run=dry_run, as_json=as_json)
        if file and file.exists() and not as_json:
            print(f"They are in {file}.")


def _ago(duration: str) -> timedelta | None:
    return timedelta(seconds=seconds_of(duration)) if duration else None


def _sweep(there: Any, queue: str, wanted: Wanted, *, everything: bool, rate: float | None) -> Sweep:  # noqa: ANN401 - a System
    if everything != (wanted.everything and not queue):
        raise LocalCloudError("Say which messages.", "Name ids, or give a filter such as --queue, or --all.")
    if wanted.ids:
        with held(there, queue) as found:
            wanted = replace(wanted, ids=tuple(one(found, id_).id for id_ in wanted.ids))
    return Sweep(there, queues_of(there, queue), wanted, rate=rate)


def _end(done: str, sweep: Sweep, move: Move, *, dry_run: bool, as_json: bool) -> None:
    """Move what is wanted, show how far it is, and say what became of it."""
    outcome, found = Outcome(), list[Parked]()
    bar = Progress(console=Console(stderr=True), transient=True)
    with bar if bar.console.is_terminal else nullcontext():
        task = bar.add_task("", total=sweep.size)
        sweep.seen = lambda count: bar.advance(task, count)
        try:
            if dry_run:
                found = sweep.look()
            else:
                outcome = sweep.run(move)
        except KeyboardInterrupt:
            complain(f"Interrupted: {len(sweep.outcome.moved)} {done}. What is left is where it was.")
            raise typer.Exit(INTERRUPTED) from None
    rows = [summary(message, datetime.now(UTC)) for message in found]
    if as_json:
        told = {"messages": rows} if dry_run else {done: [*outcome.moved], "stayed": outcome.stayed}
        print(printable(json.dumps(told, indent=2)))
    elif dry_run:
        print_groups(rows)
        print(f"{len(rows)} would be {done}.")
    else:
        for place, count in Counter(outcome.moved.values()).items():
            print(printable(f"{count} → {place}" if place else ""))
        print(f"{len(outcome.moved)} {done}, {len(outcome.stayed)} stayed.")
    for why, count in Counter(outcome.stayed.values()).items():
        first = next(id_ for id_, told in outcome.stayed.items() if told == why)
        complain(f"{first[:_SHORT]}{f' and {count - 1} more stay' if count > 1 else ' stays'}: {why}")
    if outcome.stayed:
        raise typer.Exit(1)
