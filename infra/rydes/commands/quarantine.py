"""Commands for what services have parked because they could not handle it."""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.text import Text

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import complain, console, one_line_errors
from infra.rydes.operator import quarantine as parked
from infra.rydes.operator import quarantine_contents as contents
from infra.rydes.operator import quarantine_fix as fixes
from infra.rydes.operator.printable import printable
from infra.rydes.operator.quarantine import DEAD_LETTERS, Parked
from infra.rydes.operator.quarantine_way_back import NoWayBack, way_back
from wild_rydes_contracts.invalid import listed

app = typer.Typer()
quarantine = typer.Typer(
    help="Look after what services have parked: the messages in dead-letter queues.", no_args_is_help=True
)
app.add_typer(quarantine, name="quarantine")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The message's id, or the beginning of it.")]
_Queue = Annotated[str, typer.Option("--queue", metavar="Q", help="Only this queue's dead-letter queue.")]
_Reveal = Annotated[bool, typer.Option("--reveal", help="Show phone numbers, too.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SHORT = 8
"""Characters of an id that tell it from others."""
_NARROWEST = 40
"""Columns for a line of the list, however narrow the terminal is: most ids of conversations fit."""


@quarantine.command(name="list")
def list_(
    *,
    queue: _Queue = "",
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """List what is parked, the oldest first, with the reason."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        with parked.held(there, queue) as found:
            pass
        now = datetime.now(UTC)
        rows = [_summary(message, now) for message in found.messages]
        for name, count in found.unseen.items():
            complain(f"{count} more in {name} are being looked at by others.")
        if as_json:
            print(printable(json.dumps(rows, indent=2)))
        elif rows:
            _show_list(rows)
        elif not found.unseen:
            print("Nothing is parked.")


def _summary(message: Parked, now: datetime) -> dict[str, Any]:
    return {
        "id": message.id,
        "queue": message.queue,
        "type": contents.message_type(message),
        "correlation_id": contents.correlation_id(message),
        "parked_at": message.parked_at.isoformat(timespec="seconds"),
        "age_seconds": round((now - message.parked_at).total_seconds()),
        "attempts": int(message.attributes.get("attempts", 0)) or None,
        "error": message.attributes.get("error"),
        "reason": contents.without_phone_numbers(_reason(message)),
    }


def _reason(message: Parked) -> str:
    told = message.attributes
    by_eventbridge = " ".join(filter(None, [told.get("ERROR_CODE"), told.get("ERROR_MESSAGE")]))
    return told.get("reason") or by_eventbridge or "nobody has said why: its worker died, or gave up"


def _show_list(rows: list[dict[str, Any]]) -> None:
    """Show each message on four lines at most. Its conversation has a line to itself, to be copied from."""
    for row in rows:
        queue, age = row["queue"].removesuffix(DEAD_LETTERS), _age(row["age_seconds"])
        tries = f", tries: {row['attempts']}" if row["attempts"] else ""
        width = max(console.width - _SHORT - 2, _NARROWEST)
        lines = [
            f"{row['type'] or 'unknown'} in {queue}, {age} ago{tries}",
            *filter(None, [row["correlation_id"]]),
            *textwrap.wrap(_line(row["reason"]), width, max_lines=2, placeholder=" …"),
        ]
        for id_, line in zip([row["id"][:_SHORT], *[""] * len(lines)], lines, strict=False):
            _print((f"{id_:{_SHORT}}  ", "bold"), _cut(_line(line), width))


def _line(text: object) -> str:
    """Write what others have written on one line."""
    return printable(" ".join(str(text).split("\n")))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _print(*parts: str | tuple[str, str]) -> None:
    console.print(Text.assemble(*parts), highlight=False, soft_wrap=True)


def _age(seconds: int) -> str:
    """The two largest units: `3 d 4 h`."""
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3_600, rest % 3_600 // 60
    amounts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest % 60, "s")]
    first = next((i for i, (amount, _) in enumerate(amounts) if amount), len(amounts) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in amounts[first : first + 2])


@quarantine.command()
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
    """Show a message: what is wrong with it, by field, where it would go, and its body."""
    with one_line_errors():
        there = system(aws=aws, profile=profile, region=region, env=env)
        with parked.held(there) as found:
            message = parked.one(found, id_)
        wrong = contents.problems(message)
        shown = {
            **_summary(message, datetime.now(UTC)),
            "attributes": dict(message.attributes),
            "problems": None if wrong is None else [{"path": p.path, "expected": p.expected} for p in wrong],
            "way_back": _way(there, message),
            "body": contents.content(message.body),
        }
        if not reveal:
            shown = contents.without_phone_numbers(shown) | {"id": message.id}
        if as_json:
            print(printable(json.dumps(shown, indent=2)))
        else:
            _show(shown)


def _way(there: Any, message: Parked) -> str:  # noqa: ANN401 - a System
    try:
        return way_back(there, message).to
    except NoWayBack as none:
        return f"none. {none}"


def _show(shown: Mapping[str, Any]) -> None:
    def line(what: str, text: object) -> None:
        _print((f"{what:13} ", "dim"), _line(text))

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


@quarantine.command()
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
    """Correct a message where it is parked: by fields, from a file, or in $EDITOR. It gets another id."""
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
                "Give all of the message, or say --force. `uv run rydes quarantine show` shows it.",
            )
        if wrong and not force:
            raise LocalCloudError(
                f"It would still not be valid: {listed(wrong)}.", "Set these too, or say --force."
            )
        with parked.held(there) as found:  # nobody held it while a person was thinking
            new = parked.replaced(there, parked.one(found, message.id), text)
        unknown = " Nobody here knows its contract." if wrong is None else ""
        print(f"Corrected.{unknown} Now: uv run rydes quarantine redrive {new[:_SHORT]}")


@quarantine.command()
def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Messages' ids, or the beginnings of them.")
    ] = None,
    *,
    queue: _Queue = "",
    everything: Annotated[bool, typer.Option("--all", help="Whatever is parked.")] = False,
    force: Annotated[bool, typer.Option("--force", help="What is not valid, too.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Have messages handled again: each goes back where it came from, and is then deleted here.

    Ctrl-C in between loses nothing: at worst a message is handled twice, which consumers bear.
    """
    with one_line_errors():
        if sum(map(bool, (ids, queue, everything))) != 1:
            raise LocalCloudError("Say which messages.", "Name ids, or one of --queue and --all.")
        there = system(aws=aws, profile=profile, region=region, env=env)
        done, stayed = 0, 0
        with parked.held(there, queue) as found:
            chosen = [parked.one(found, id_) for id_ in ids] if ids else found.messages
            for message in {each.id: each for each in chosen}.values():  # somebody may name one twice
                if why := _stays(there, message, force=force):
                    complain(f"{message.id[:_SHORT]} in {message.queue} stays: {why}")
                    stayed += 1
                else:
                    done += 1
        print(f"{done} redriven, {stayed} stayed.")
        if stayed:
            raise typer.Exit(1)


def _stays(there: Any, message: Parked, *, force: bool) -> str:  # noqa: ANN401 - a System
    """Send a message back and delete it here, or say why not."""
    wrong = contents.problems(message)
    if wrong and not force:
        return f"it is not valid: {listed(wrong)}. Correct it with `quarantine fix`, or say --force"
    try:
        way = way_back(there, message)
        way.send()
    except NoWayBack as none:
        return str(none)
    except ClientError as refused:
        return f"it cannot be sent: {refused}"
    try:
        parked.forget(there, message)
    except ClientError as refused:
        return f"it was sent to {way.to}, but cannot be deleted here: {refused}"
    _print(f"{message.id[:_SHORT]} → {_line(way.to)}")
    return ""
