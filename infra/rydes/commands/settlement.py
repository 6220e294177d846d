"""The command for whoever settles with partners."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from infra import roster
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.operator.owed import Standing, items_of, standing_of, to_json, to_table
from infra.rydes.operator.times import moment
from wild_rydes_contracts.scalars import FIRST_INSTANT, LAST_INSTANT

app = typer.Typer()


@app.command()
def owed(
    partner: Annotated[str, typer.Argument(help="A partner's id; by default all partners.")] = "",
    *,
    since: Annotated[str, typer.Option(help="Rides that were over at this time or later, in UTC.")] = "",
    until: Annotated[str, typer.Option(help="Rides that were over before this time, in UTC.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show what partner fleets are owed for their rides, and what was settled, by currency."""
    now = datetime.now(UTC)
    with one_line_errors():
        if partner and not partner.startswith("p-"):
            raise LocalCloudError(f"{partner} is no partner.", "The ids of partners begin with p-.")
        account = system(aws=aws, profile=profile, region=region, env=env)
        first = moment(since, now) if since else FIRST_INSTANT
        end = moment(until, now) if until else LAST_INSTANT
        if end <= first:
            raise LocalCloudError("The period is empty.", "Give --until a later time than --since.")
        partners = [partner] if partner else [*roster.partners()]
        standings = {id_: standing_of(items_of(account, id_, first, end)) for id_ in partners}
        if partner and standings[partner] == Standing() and partner not in roster.partners():
            known = ", ".join(roster.partners())
            raise LocalCloudError(
                f"There is no partner {partner}, and it has no rides.", f"Known are {known}."
            )
        if as_json:
            print(json.dumps(to_json(standings)))
        else:
            console.print(to_table(standings))
