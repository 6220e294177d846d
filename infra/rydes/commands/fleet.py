"""Commands for whoever looks after partners' fleets of vehicles."""

import json
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import complain, console, one_line_errors, quiet_end
from infra.rydes.operator.fleet_import import FleetFile, FleetImport, Json, first_faults, show
from infra.rydes.operator.modes import known
from infra.rydes.operator.partner_program import program_of
from infra.rydes.simulators.vehicles import lines, rows

app = typer.Typer()
fleet = typer.Typer(help="Vehicles of partner fleets: imports, and samples to import.", no_args_is_help=True)
app.add_typer(fleet, name="fleet")

SHOWN: int = 10
"""Bad rows that are shown. The report has the others."""


@fleet.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON, 1 GiB at most.")],
    *,
    partner: Annotated[str, typer.Option(help="The partner whose fleet it is.")] = "p-comet",
    format_: Annotated[
        str, typer.Option("--format", help="csv or ndjson; by default what its name says.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the job as JSON when it has ended.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Import a fleet as its partner's program does: upload a file, follow the job, and show the first bad rows.

    Ctrl-C cancels the import.
    """
    with one_line_errors(), quiet_end():
        found = FleetFile.at(file, format_)
        account = system(aws=aws, profile=profile, region=region, env=env)
        with program_of(account, known(partner)) as api:
            job = _imported(api, found)
            faults = first_faults(job, SHOWN)
        if as_json:
            print(json.dumps({**job, "first-faults": faults}))
        if job["status"] != "succeeded":
            raise LocalCloudError(
                f"The import has {job['status']}: {' '.join(job.get('reasons', ()))}".rstrip(": "),
                f"uv run rydes jobs {job['id']} shows it.",
            )
        if not as_json:
            show(console, job, faults)


@fleet.command()
def sample(
    count: Annotated[int, typer.Option("--rows", min=1, help="So many vehicles.")] = 100,
    bad: Annotated[float, typer.Option(min=0, max=100, help="Percent of the rows that have a fault.")] = 0,
    format_: Annotated[str, typer.Option("--format", help="csv or ndjson.")] = "csv",
    seed: Annotated[int, typer.Option(help="Another makes another fleet.")] = 1,
) -> None:
    """Write a file of vehicles over Seattle to stdout, the same for each seed."""
    with one_line_errors(), quiet_end():
        if format_ not in {"csv", "ndjson"}:
            raise LocalCloudError(f"{format_} is no format.", "Choose csv or ndjson.")
        for line in lines(rows(count, bad=round(count * bad / 100), seed=seed), format_):
            print(line, end="")


def _imported(api: httpx.Client, file: FleetFile) -> Json:
    """Import a file with a bar on stderr, and return the job as it ended."""
    work = FleetImport(api, file)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        job = work.begin()
        with bar:
            task = bar.add_task("upload", total=file.size)
            work.upload(job, lambda size: bar.advance(task, size))
        with Console(stderr=True).status("import") as status:
            for job in work.follow():
                progress = job.get("progress") or {}
                status.update(f"import: {progress.get('done', 0):,} rows, {progress.get('percent', 0)} %")
    except BaseException:
        _give_up(work)
        raise
    return job


def _give_up(work: FleetImport) -> None:
    try:
        work.cancel()
    except LocalCloudError as error:
        complain(f"The import was not cancelled: {error.problem}", f"DELETE {work.url}")
