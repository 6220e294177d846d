"""The command for whoever looks after partners' jobs."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors, quiet_end
from infra.rydes.operator.jobs import Jobs, JobView
from infra.rydes.operator.modes import known
from infra.rydes.operator.partner_program import program_of

app = typer.Typer()


@app.command()
def jobs(
    job: Annotated[str, typer.Argument(help="A job's id; by default the newest jobs are listed.")] = "",
    *,
    partner: Annotated[str, typer.Option(help="A partner's id: its jobs alone, or whose job to begin.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Show each change of the job until it ends.")
    ] = False,
    begin: Annotated[
        str, typer.Option(metavar="KIND", help="Begin a job of this kind, as the partner.")
    ] = "",
    parameters: Annotated[
        list[str], typer.Option("--with", metavar="NAME=VALUE", help="A parameter of the job to begin.")
    ] = [],  # noqa: B006 - typer reads it once
    archived: Annotated[
        bool, typer.Option("--archived", help="List messages that nobody could handle.")
    ] = False,
    send_back: Annotated[
        str, typer.Option(metavar="MESSAGE", help="Put an archived message into its queue again.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show partners' jobs, follow one or begin one; or see to messages of jobs that nobody could handle."""
    with one_line_errors(), quiet_end():
        account = system(aws=aws, profile=profile, region=region, env=env)
        whose = known(partner) if partner else ""
        found = Jobs(account)
        if send_back:
            console.print(f"Sent to {found.send_back(send_back)}.", highlight=False)
            return
        if archived:
            for message in found.archived():
                console.print(
                    f"{message.archived_at}  {message.id}  {message.queue}  {message.reason}",
                    highlight=False,
                    soft_wrap=True,
                )
            return
        if begin:
            job = _begun(account, whose, begin, parameters)
            follow = follow or not as_json
        if job:
            for seen in found.follow(job) if follow else [found.find(job)]:
                _show(seen, as_json=as_json)
            return
        _list(found.newest(whose), as_json=as_json)


def _begun(account: System, partner: str, kind: str, parameters: list[str]) -> str:
    """Begin a job over the API, by a machine client that lives as long as the call, and return its id.

    Raises:
        LocalCloudError: the partner is missing, a parameter is none, or the API refuses the job.
    """
    if not partner:
        raise LocalCloudError("The partner is missing.", "Name one: --partner p-comet")
    pairs = dict(text.split("=", 1) for text in parameters if "=" in text)
    if len(pairs) != len(parameters):
        raise LocalCloudError("A parameter has no value, or comes twice.", "Write --with from=2026-11-01")
    with program_of(account, partner) as api:
        answer = call(api, "POST", "jobs", {202}, json={"kind": kind, "parameters": pairs})
    return str(answer.json()["id"])


def _show(job: JobView, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(job), default=str))
        return
    took = f" after {job.took.total_seconds():.1f} s" if job.took else ""
    console.print(
        f"{job.created_at:%Y-%m-%d %H:%M:%S}  {job.id}  {job.partner}  {job.kind}  [bold]{job.status}[/]{took}",
        highlight=False,
        soft_wrap=True,
    )
    for name, text in job.details.items():
        console.print(f"  {name:11}{text}", highlight=False, markup=False, soft_wrap=True)


def _list(found: list[JobView], *, as_json: bool) -> None:
    if as_json:
        for job in found:
            _show(job, as_json=True)
        return
    table = Table("began", "job", "partner", "kind", "status", "took", box=None)
    for job in found:
        took = f"{job.took.total_seconds():.1f} s" if job.took else ""
        table.add_row(f"{job.created_at:%m-%d %H:%M:%S}", job.id, job.partner, job.kind, job.status, took)
    console.print(table if found else "There are no jobs yet.")
