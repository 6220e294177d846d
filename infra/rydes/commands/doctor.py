"""The command that says what is ill."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import INTERRUPTED, complain, console, end_in_order
from infra.rydes.doctor.examination import Report, examine
from infra.rydes.operator.printable import printable

app = typer.Typer()

CANNOT_LOOK: Final = 2


@app.command()
def doctor(
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is ill, what customers notice of it, and what to do next. It changes nothing.

    The exit status is 0 if all is well, 1 if something is ill, and 2 if something could not be looked at.
    """
    end_in_order()
    began = time.monotonic()
    try:
        there = system(aws=aws, profile=profile, region=region, env=env)
        report = examine(there, datetime.now(UTC))
    except LocalCloudError as error:
        complain(error.problem, error.way_out)
        raise typer.Exit(CANNOT_LOOK) from error
    except (BotoCoreError, ClientError) as error:
        complain(f"AWS cannot be reached, or refuses: {error}", "Check credentials, region and permissions.")
        raise typer.Exit(CANNOT_LOOK) from error
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print(printable(json.dumps(to_json(report), indent=2)))
    else:
        show(
            _where_it_is(report, aws=aws, profile=profile, region=region, env=env),
            place(there),
            time.monotonic() - began,
            console,
        )
    if report.status:
        raise typer.Exit(report.status)


def _where_it_is(report: Report, *, aws: bool, profile: str, region: str, env: str) -> Report:
    """Let our own commands look where this one did."""
    given = {"--profile": profile, "--region": region, "--env": env}
    options = [f"{name} {value}" for name, value in given.items() if value]
    options += ["--aws"] if aws and not (profile or region) else []
    looked = {
        subject: replace(found, ill=[replace(ill, to_do=_there(ill.to_do, options)) for ill in found.ill])
        for subject, found in report.looked.items()
    }
    return replace(report, looked=looked)


def _there(to_do: str, options: Sequence[str]) -> str:
    return " ".join([to_do, *options]) if to_do.startswith("uv run rydes") else to_do


def place(there: System) -> str:
    """Name the environment, and where it is."""
    if isinstance(there, AwsAccount):
        return f"{there.names.environment} in {there.client('cloudformation').meta.region_name}"
    return f"{there.names.environment or 'the system'} on the local cloud"


def to_json(report: Report) -> dict[str, object]:
    """Write a report for programs."""
    return {
        "well": report.status == 0,
        "ill": [
            {"subject": subject, **asdict(ill)}
            for subject, looked in report.looked.items()
            for ill in looked.ill
        ],
        "unreadable": dict(report.unreadable),
        "unseen": [*report.unseen],
        "summary": [*report.well],
    }


def show(report: Report, where: str, seconds: float, console: Console) -> None:
    """Print a report for people: what is ill, what could not be looked at, and in one sentence what is well."""
    for line in _page(report, where, seconds):
        # What is to be copied stays on one line, however long.
        console.print(line, highlight=False, soft_wrap=isinstance(line, Text))


def _page(report: Report, where: str, seconds: float) -> Iterator[Text | Table]:
    number = len(report.ill)
    said = {0: ("all is well", "bold green"), 1: (f"{_things(number)} ill", "bold red")}
    verdict, style = said.get(report.status, ("not all could be looked at", "bold yellow"))
    yield Text.assemble(f"{where}: ", (verdict, style), (f" ({seconds:.0f} s)", "dim"))
    for ill in report.ill:
        yield Text()
        yield _line("✗", "bold red", ill.says, "bold")
        if ill.means:
            yield _line("", "", ill.means)
        if ill.to_do:
            yield Text.assemble("  ", ("→ ", "dim"), (_plain(ill.to_do), "cyan"))
    if report.unreadable:
        yield Text()
    for subject, why in report.unreadable.items():
        yield _line("?", "bold yellow", f"{subject}: cannot be looked at: {why}")
    yield Text()
    if report.well:
        yield _line("✓", "bold green", ", ".join(report.well))
    for each in report.unseen:
        yield _line("–", "dim", f"not seen: {each}", "dim")  # noqa: RUF001 - a dash for what was not seen


def _line(sign: str, sign_style: str, text: str, style: str = "") -> Table:
    """A sign, and a text that is wrapped beside it."""
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=1)
    row.add_column()
    row.add_row(Text(sign, sign_style), Text(_plain(text), style))
    return row


def _plain(text: str) -> str:
    return printable(" ".join(text.split()))


def _things(number: int) -> str:
    return "one thing is" if number == 1 else f"{number} things are"
