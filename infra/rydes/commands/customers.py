"""Commands for whoever wants to be a customer."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.commands.terminal import console, one_line_errors, quiet_end
from infra.rydes.scenarios import journey
from infra.rydes.scenarios.rfq import PLACES, Customer, Place, show_result, watch
from infra.rydes.scenarios.ride import book_best
from infra.rydes.scenarios.survey import Rider, Surveys
from infra.rydes.simulators.phones.client import Phone, give_phone, numbers
from infra.rydes.simulators.phones.directory import Directory, parsed, spaced
from infra.rydes.simulators.phones.view import relay

app = typer.Typer()
PLACE_HELP = f"lat,lon[,label], or one of: {', '.join(PLACES)}."


@app.command()
def rfq(
    start: Annotated[str, typer.Option("--from", help=PLACE_HELP)] = "space needle",
    end: Annotated[str, typer.Option("--to", help=PLACE_HELP)] = "sea-tac",
    respond_within: Annotated[int, typer.Option(min=5, max=900, help="Seconds to wait for quotes.")] = 60,
    user: Annotated[str, typer.Option(help="The customer's user name.")] = journey.CUSTOMER,
    *,
    phone: Annotated[
        str, typer.Option(help="Give the customer this number, verified and with consent to be texted.")
    ] = "",
    name: Annotated[str, typer.Option(help="With --phone: what the support team calls the customer.")] = "",
    locale: Annotated[
        str, typer.Option(help="With --phone: the customer's language, such as es or de.")
    ] = "",
    book: Annotated[
        bool,
        typer.Option("--book", help="Book the best quote, follow the ride, and see whether an SMS comes."),
    ] = False,
) -> None:
    """Submit an RFQ, watch the quotes arrive, and show the result; with --book, take the ride."""
    with one_line_errors():
        pickup, dropoff = Place.parse(start), Place.parse(end)
        if (name or locale) and not phone:
            raise LocalCloudError("The number is missing.", "Add --phone +1…")
        number = parsed(phone) if phone else None
        cloud = Cloud.find(Settings.from_environment())
        directory = Directory(cloud)
        if number and (owner := directory.owners().get(number, user)) != user:
            raise LocalCloudError(
                f"{spaced(number)} is {owner}'s number.", f"Take another, or --user {owner}."
            )
        customer = Customer(cloud, cloud.token(user, "customers"))
        if number:
            give_phone(cloud, user, number, name=name or user.title(), locale=locale or None)
        done = watch(customer, pickup, dropoff, respond_within, console)
        show_result(done, console)
        if book:
            number = number or directory.number(user)
            has = f"'s number is {spaced(number)}." if number else " has no phone number: nobody will ask."
            console.print(f"[bold]The ride[/]\n{user}{has}", highlight=False)
            ride = book_best(cloud, customer, done, console)
            console.print(Surveys(cloud).fate(ride, Rider(user, number)), highlight=False, soft_wrap=True)


@app.command()
def phone(
    number: Annotated[
        str, typer.Option(help="In international form; by default the phone with the latest SMS.")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the phones that have SMS.")] = False,
) -> None:
    """Use a customer's phone: read its SMS, and type replies. Ctrl-D puts it away.

    From a pipe, each line is a reply, sent when the one before is answered.
    """
    with one_line_errors(), quiet_end():
        chosen = parsed(number) if number else ""
        cloud = Cloud.find(Settings.from_environment())
        used = numbers(cloud)
        if not (used or chosen):
            raise LocalCloudError(
                "No phone has had an SMS yet.", "End a ride: `uv run rydes rfq --book --phone +14255550143`"
            )
        owners = Directory(cloud).owners()
        if list_:
            _list(cloud, used, owners)
            return
        chosen = chosen or used[0]
        owner = f", {owners[chosen]}" if chosen in owners else ""
        console.print(
            f"[bold]{chosen}[/]{owner}. Wild Rydes is {cloud.names.local_number}.",
            highlight=False,
        )
        if not number and len(used) > 1:
            console.print(
                f"[dim]It had the latest SMS of {len(used)} phones. Another: --number +1…; all: --list[/]",
                highlight=False,
            )
        held = Phone(cloud, chosen)
        if not sys.stdin.isatty():
            relay(held, sys.stdin, Surveys(cloud).note, console)
            return
        console.print("[dim]Type a reply. Ctrl-D puts the phone away.[/]")
        # Takes longer to load than all other commands together.
        from infra.rydes.simulators.phones.keyboard import hold  # noqa: PLC0415

        hold(held, Surveys(cloud).note, console)


def _list(cloud: Cloud, used: list[str], owners: dict[str, str]) -> None:
    table = Table("number", "user", "SMS", "latest")
    for number in used:
        messages = Phone(cloud, number).messages()
        latest = datetime.fromtimestamp(messages[-1].at)  # noqa: DTZ006 - where the reader is
        table.add_row(number, owners.get(number, ""), str(len(messages)), f"{latest:%d %b, %H:%M:%S}")
    console.print(table)
