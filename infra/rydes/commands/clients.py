"""Commands for whoever lets machine clients in."""

import json
import re
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from infra import roster
from infra.naming import MACHINE_API_URL_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.operator.clients import GROUP, Clients
from infra.tiers import TIERS

app = typer.Typer()
clients = typer.Typer(help="Machine clients: their API keys, tiers and usage.", no_args_is_help=True)
app.add_typer(clients, name="clients")

Name = Annotated[str, typer.Argument(help="The client's user name.")]
_TIERS = [tier.name for tier in TIERS]
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@clients.command()
def add(
    name: Name,
    *,
    tier: Annotated[str, typer.Option(help=f"One of {', '.join(_TIERS)}.")] = _TIERS[0],
    partner: Annotated[
        str, typer.Option(help="The partner fleet whose jobs it may begin, see and cancel.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Make a machine client: an identity, and the API key that is its own. The secrets are shown this once."""
    with one_line_errors():
        if not _NAME.fullmatch(name):
            raise LocalCloudError(
                f"{name!r} is no name of a client.",
                "Write 1 to 40 small letters, digits and hyphens, a letter first.",
            )
        if tier not in _TIERS:
            raise LocalCloudError(f"There is no tier {tier}.", f"Choose one of {', '.join(_TIERS)}.")
        if partner and partner not in roster.partners():
            raise LocalCloudError(
                f"There is no partner {partner}.", f"Choose one of {', '.join(roster.partners())}."
            )
        account = system(aws=aws, profile=profile, region=region, env=env)
        made = Clients(account).add(name, tier, partner)
        url = account.parameters[MACHINE_API_URL_PARAMETER]
        told = {"name": name, "tier": tier, "password": made.password, "api-key": made.key, "url": url}
        if partner:
            told |= {"partner": partner, "jobs-url": account.url("jobs-api")}
        if as_json:
            print(json.dumps(told))
            return
        for what, text in told.items():
            console.print(f"{what:10}{text}", highlight=False, soft_wrap=True)
        console.print(
            f"[dim]Hand them over safely: nobody can read them again. On the local cloud"
            f" `uv run rydes token --user {name} --group {GROUP}` signs in.[/]",
            highlight=False,
            soft_wrap=True,
        )


@clients.command("list")
def list_(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """List the machine clients."""
    with one_line_errors():
        found = Clients(system(aws=aws, profile=profile, region=region, env=env)).all()
        if as_json:
            print(json.dumps([vars(client) for client in found]))
            return
        table = Table("client", "tier", "key", box=None)
        for client in found:
            table.add_row(client.name, client.tier, client.key_id)
        console.print(table if found else "There are no machine clients yet.")


@clients.command()
def usage(
    name: Annotated[str, typer.Argument(help="A client; by default all.")] = "",
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show how much of today's quota is used. A day is one of UTC."""
    with one_line_errors():
        known = Clients(system(aws=aws, profile=profile, region=region, env=env))
        today = datetime.now(UTC).date()
        limits = {tier.name: tier.daily for tier in TIERS}
        table = Table("client", "tier", "used", "of", box=None)
        for client in [known.find(name)] if name else known.all():
            used = known.usage(client, today).used
            table.add_row(client.name, client.tier, f"{used:,}", f"{limits.get(client.tier, 0):,}")
        console.print(table)


@clients.command()
def remove(
    name: Name,
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Remove a machine client: neither its key nor its password lets anybody in from now on."""
    with one_line_errors():
        Clients(system(aws=aws, profile=profile, region=region, env=env)).remove(name)
        console.print(f"{name} is removed. A token that it has ends within the hour, and needs the key.")
