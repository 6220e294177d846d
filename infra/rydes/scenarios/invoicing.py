"""A partner drives a ride, and sends two invoices for it: a right one, and one that asks for a dollar more."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from rich.console import Console

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.invoices import Invoices, InvoiceView
from infra.rydes.operator.owed import items_of
from infra.rydes.scenarios.rfq import SEA_TAC, Customer, Place
from infra.rydes.simulators.invoices.bill import Ride
from infra.rydes.simulators.invoices.layouts import LAYOUTS, Layout
from infra.rydes.simulators.invoices.made import PAYEES, drawn, invented

PARTNER: Final = "p-comet"
_CUSTOMER: Final = "ines"
_AUBURN: Final = Place(47.3073, -122.2285, "Auburn")
"""Partners serve it, and no unicorn is near: few are asked, and answer soon."""
_RESPOND_WITHIN: Final = 60
_PATIENCE: Final = 60.0
_BETWEEN_LOOKS: Final = 0.1
_DUE_AFTER: Final = timedelta(days=30)
_MORE: Final = Decimal(1)
_NAMES: Final = ("right", "a-dollar-more")
_LAYOUTS: Final[Sequence[Layout]] = [
    layout for layout in LAYOUTS if "en" in layout.languages and not layout.net
][:2]


@dataclass(frozen=True)
class Settled:
    """What became of the invoices."""

    invoices: Sequence[InvoiceView]

    def show(self, console: Console) -> None:
        """Print a line for each."""
        for invoice in self.invoices:
            why = f" ({', '.join(invoice.reasons)})" if invoice.reasons else ""
            console.print(
                f"  {invoice.name:<20} {invoice.amount:>10}   [bold]{invoice.state}[/]{why}", highlight=False
            )


def settle_invoices(cloud: Cloud) -> Settled:
    """Let the partner drive a ride, and send its invoices; return what became of them.

    Raises:
        LocalCloudError: a call fails, the partner does not quote, or something takes very long.
    """
    ride = _driven(cloud)
    invoices, batch = Invoices(cloud), f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    folder = cloud.settings.run_dir / "invoices"
    folder.mkdir(exist_ok=True)
    ended: list[InvoiceView] = []
    # One after the other: at once, each would start workers of its own, which takes longer than to wait.
    for number, name in enumerate(_NAMES):
        file = folder / f"{name}.pdf"
        asks = replace(ride, amount=ride.amount + number * _MORE)
        file.write_bytes(_invoice(asks, f"{batch}-{number + 1}", number))
        invoices.send(file, PARTNER, batch)
        ended.append(_end(invoices, batch, file.name))
    return Settled(ended)


def _driven(cloud: Cloud) -> Ride:
    """Have the partner drive a customer, and wait until the ride is owed."""
    customer = Customer(cloud, cloud.token(_CUSTOMER, "customers"))
    began = datetime.now(UTC)
    rfq = customer.submit(_AUBURN, SEA_TAC, _RESPOND_WITHIN)
    quotes = customer.finish(rfq, _RESPOND_WITHIN)["quotes"]
    quote = next((quote["quote-id"] for quote in quotes if quote["responder-id"] == PARTNER), None)
    if quote is None:
        raise LocalCloudError(
            f"{PARTNER} has not quoted.", f"See what it was asked: `uv run rydes trace {rfq.id}`"
        )
    id_, give_up = customer.book(rfq, quote), time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        for item in items_of(cloud, PARTNER, began, datetime.now(UTC) + timedelta(minutes=1)):
            if item["id"]["S"] == f"ride#{id_}" and "price" in item:
                return Ride(id_, began.date(), Decimal(item["price"]["S"]))
        time.sleep(_BETWEEN_LOOKS)
    raise LocalCloudError(
        f"The ride {id_} is not owed after {_PATIENCE:.0f} s.",
        f"See where it is: `uv run rydes trace {rfq.id}`",
    )


def _invoice(ride: Ride, number: str, seed: int) -> bytes:
    """Draw the partner's invoice for one ride, due in a month."""
    made = invented(seed, layout=_LAYOUTS[seed], rides=1, currency="USD")
    bill = replace(
        made.bill, payee=PAYEES[0], number=number, issued=ride.on, due=ride.on + _DUE_AFTER, rides=(ride,)
    )
    return drawn(bill, made.layout, made.style, made.paper, seed)


def _end(invoices: Invoices, batch: str, name: str) -> InvoiceView:
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        for found in invoices.newest(len(_NAMES), PARTNER, batch):
            if found.name == name and found.ended_at:
                return found
        time.sleep(_BETWEEN_LOOKS)
    raise LocalCloudError(
        f"{name} is not decided after {_PATIENCE:.0f} s.",
        f"`uv run rydes invoices --partner {PARTNER}` shows where it is.",
    )
