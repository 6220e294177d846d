"""Commands for whoever wants to be a customer."""

from typing import Annotated

import typer

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.commands.terminal import console, one_line_errors
from infra.rydes.scenarios import journey
from infra.rydes.scenarios.rfq import PLACES, Customer, Place, show_result, watch
from infra.rydes.scenarios.ride import book_best
from infra.rydes.simulators.phones.client import Phone, numbers
from infra.rydes.simulators.phones.view import hold

app = typer.Typer()
PLACE_HELP = f"lat,lon[,label], or one of: {', '.join(PLACES)}."


@app.command()
def rfq(
    start: Annotated[str, typer.Option("--from", help=PLACE_HELP)] = "space needle",
    end: Annotated[str, typer.Option("--to", help=PLACE_HELP)] = "sea-tac",
    respond_within: Annotated[int, typer.Option(min=5, max=900, help="Seconds to wait for quotes.")] = 60,
    user: Annotated[str, typer.Option(help="The customer's name.")] = journey.CUSTOMER,
    book: Annotated[bool, typer.Option("--book", help="Book the best quote and follow the ride.")] = False,
) -> None:
    """Submit an RFQ, watch the quotes arrive, and show the result; with --book, take the ride."""
    with one_line_errors():
        pickup, dropoff = Place.parse(start), Place.parse(end)
        cloud = Cloud.find(Settings.from_environment())
        customer = Customer(cloud, cloud.token(user, "customers"))
        done = watch(customer, pickup, dropoff, respond_within, console)
        show_result(done, console)
        if book:
            book_best(cloud, customer, done, console)


@app.command()
def phone(
    number: Annotated[
        str, typer.Option(help="In E.164 form; by default the phone with the latest SMS.")
    ] = "",
) -> None:
    """Use a customer's phone: read its SMS, and type replies. Ctrl-D puts it away."""
    with one_line_errors():
        cloud = Cloud.find(Settings.from_environment())
        known = [number] if number else numbers(cloud)
        if not known:
            raise LocalCloudError("No phone has had an SMS yet.", "End a ride: `uv run rydes rfq --book`")
        console.print(f"[bold]{known[0]}[/]", highlight=False)
        hold(Phone(cloud, known[0]), console)
