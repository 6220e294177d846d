"""Commands that show dead letters, and correct them: `rydes dlq list`, `show` and `fix`."""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import complain, console, one_line_errors
from infra.rydes.operator import dead_letter_body as bodies
from infra.rydes.operator import dead_letter_contents as contents
from infra.rydes.operator import dead_letter_fix as fixes
from infra.rydes.operator import dead_letters as parked
from infra.rydes.operator.dead_letter_summary import grouped, summary, way_in_words
from infra.rydes.operator.printable import printable
from wild_rydes_contracts.invalid import listed

app = typer.Typer()
dlq = typer.Typer(
    help="Look after dead letters: the messages in dead-letter queues and parking queues.",
    no_args_is_help=True,
)
app.add_typer(dlq, name="dlq")
app.add_typer(dlq, name="quarantine", hidden=True)  # its name until there was a replay

_Id = Annotated[str, typer.Argument(metavar="ID", help="The message's id, or the beginning of it.")]
_Queue = Annotated[str, typer.Option("--queue", metavar="Q", help="Only the dead letters of this queue.")]
_Reveal = Annotated[bool, typer.Option("--reveal", help="Show phone numbers, names and places, too.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SHORT = 8
"""Characters of an id that tell it from others."""
_NARROWEST = 40
"""Columns for a line of the list, however narrow the terminal is: most ids of conversations fit."""


@dlq.command(name="list")
def list_(
    *,
    queue: _Queue = "",
    each: Annotated[bool, typer.Option("--each", help="Each message, the oldest first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, each message.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """List dead letters by queue, reason and type: how many, and since when."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        with parked.held(there, queue) as found:
            pass
        now = datetime.now(UTC)
        rows = [summary(message, now) for message in found.messages]
        for name, count in found.unseen.items():
            complain(
                f"{count} more in {name} are being looked at by others, or are too many to be looked at."
            )
        if as_json:
            print(printable(json.dumps(rows, indent=2)))
        elif rows:
            (_show_list if each else print_groups)(rows)
        elif not found.unseen:
            print("Nothing is parked.")


def print_groups(rows: list[dict[str, Any]]) -> None:
    """Show each group on three lines at most."""
    for group in grouped(rows):
        first = group[0]  # the oldest
        width = max(console.width - _SHORT - 2, _NARROWEST)
        kind = f", {first['kind']}" if first["kind"] else ""
        lines = [
            f"{first['type'] or 'unknown'} in {first['queue']}{kind}, the oldest {_age(first['age_seconds'])} ago",
            *textwrap.wrap(_line(first["reason"]), width, max_lines=2, placeholder=" …"),
        ]
        for count, line in zip([str(len(group)), *[""] * len(lines)], lines, strict=False):
            print_line((f"{count:>{_SHORT}}  ", "bold"), _cut(_line(line), width))


def _show_list(rows: list[dict[str, Any]]) -> None:
    """Show each message on four lines at most. Its conversation has a line to itself, to be copied from."""
    for row in rows:
        queue, age = row["queue"], _age(row["age_seconds"])
        tries = f", tries: {row['attempts']}" if row["attempts"] else ""
        tries += f", replays: {row['replays']}" if row["replays"] else ""
        width = max(console.width - _SHORT - 2, _NARROWEST)
        lines = [
            f"{row['type'] or 'unknown'} in {queue}, {age} ago{tries}",
            *filter(None, [row["correlation_id"]]),
            *textwrap.wrap(_line(row["reason"]), width, max_lines=2, placeholder=" …"),
        ]
        for id_, line in zip([row["id"][:_SHORT], *[""] * len(lines)], lines, strict=False):
            print_line((f"{id_:{_SHORT}}  ", "bold"), _cut(_line(line), width))


def _line(text: object) -> str:
    """Write what others have written on one line."""
    return printable(" ".join(str(text).split("\n")))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def print_line(*parts: str | tuple[str, str]) -> None:
    """Print parts, each with its style, on one line."""
    console.print(Text.assemble(*parts), highlight=False, soft_wrap=True)


def _age(seconds: int) -> str:
    """The two largest units: `3 d 4 h`."""
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3_600, rest % 3_600 // 60
    amounts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest % 60, "s")]
    first = next((i for i, (amount, _) in enumerate(amounts) if amount), len(amounts) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in amounts[first : first + 2])


@dlq.command()
def show(
    id_: _Id,
    *,
    reveal: _Reveal = False,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show a dead letter: what is wrong with it, by field, where it would go, and its body."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        with parked.held(there) as found:
            message = parked.one(found, id_)
        wrong = contents.problems(message)
        shown = {
            **summary(message, datetime.now(UTC)),
            "attributes": dict(message.attributes),
            "problems": None if wrong is None else [{"path": p.path, "expected": p.expected} for p in wrong],
            "way_back": way_in_words(there, message),
            "body": contents.content(message.body),
        }
        if not reveal:
            body = bodies.shown(contents.content(message.body))
            shown = contents.without_personal_data(shown) | {"id": message.id, "body": body}
        if as_json:
            print(printable(json.dumps(shown, indent=2)))
        else:
            _show(shown)


def _show(shown: Mapping[str, Any]) -> None:
    def line(what: str, text: object) -> None:
        print_line((f"{what:13} ", "dim"), _line(text))

    line("id", shown["id"])
    line("queue", shown["queue"])
    line("message", shown["type"] or "unknown")
    line("conversation", shown["correlation_id"] or "unknown")
    line("parked", f"{_age(shown['age_seconds'])} ago, at {shown['parked_at']}")
    line("reason", shown["reason"])
    line("way back", shown["way_back"])
    if shown["problems"] is None:
        line("wrong", "unknown: its contract is its service's own")
    elif not shown["problems"]:
        line("wrong", "nothing, by the contracts that are known here")
    for problem in shown["problems"] or ():
        line("wrong", f"{problem['path']}: {problem['expected']}" if problem["path"] else problem["expected"])
    console.print()
    body = shown["body"]
    print(printable(body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)))


@dlq.command()
def fix(
    id_: _Id,
    *,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Set a field, such as data.price.amount=12.50."),
    ] = None,
    body: Annotated[
        str, typer.Option("--body", metavar="FILE", help="Take the body from a file, or from - (stdin).")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Take it though it is not valid.")] = False,
    reveal: _Reveal = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Correct a dead letter where it is parked: by fields, from a file, or in $EDITOR. It gets another id."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        with parked.held(there) as found:
            message = parked.one(found, id_)
        if changes:
            text = fixes.with_changes(message.body, changes)
        elif body:
            text = fixes.as_event(message, fixes.from_file(body))
        else:
            text = fixes.as_event(message, fixes.from_editor(message, reveal=reveal))
        fixes.check_sendable(message, text)
        wrong = contents.problems(replace(message, body=text))
        if wrong is None and contents.problems(message) is not None and not force:
            raise LocalCloudError(
                f"It would no longer be a {contents.message_type(message)}, nor anything else that is known here.",
                "Give all of the message, or say --force. `uv run rydes dlq show` shows it.",
            )
        if wrong and not force:
            raise LocalCloudError(
                f"It would still not be valid: {listed(wrong)}.", "Set these too, or say --force."
            )
        with parked.held(there) as found:  # nobody held it while a person was thinking
            new = parked.replaced(there, parked.one(found, message.id), text)
        unknown = " Nobody here knows its contract." if wrong is None else ""
        print(f"Corrected.{unknown} Now: uv run rydes dlq replay {new[:_SHORT]}")
