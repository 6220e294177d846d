"""Book the best quote of an RFQ as a customer does, and follow the ride over the socket to its end."""

import json
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from websockets.sync.client import connect

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.scenarios.rfq import Customer, View
from infra.rydes.simulators.unicorns import registry

TRIES = 5
"""Quotes to try, the best first: somebody else may have booked the unicorn meanwhile."""
LONGEST = 90.0
"""Seconds to wait for a ride's next state; a booking that nobody answers fails after 60."""

ENDS = ("completed", "rejected")


def book_best(cloud: Cloud, customer: Customer, rfq: View, console: Console) -> str:
    """Book the best quote, or the next one if that fails, and print each step until the ride is over.

    Returns the ride's id.

    Raises:
        LocalCloudError: no booking leads to a completed ride.
    """
    for quote in (rfq.result or {})["quotes"][:TRIES]:
        name, price = quote.get("name") or quote["responder-id"], quote["price"]
        began = time.monotonic()
        ride = customer.book(rfq, quote["quote-id"])
        _tell(console, f"booked {name} for {price['amount']} {price['currency']}", began)
        for state in _states(cloud, customer, ride):
            _tell(console, f"{state['status']}{_reason(state)}", began)
            if state["status"] == "confirmed":
                registry.complete(cloud, name, ride)
            elif state["status"] == "completed":
                return ride
    raise LocalCloudError("No unicorn took the ride.", f"See what happened: `uv run rydes trace {rfq.id}`")


def _states(cloud: Cloud, customer: Customer, ride: str) -> Iterator[dict[str, Any]]:
    """Yield each state of a ride from now to its end, as the socket tells it."""
    seen: str | None = None
    with connect(
        cloud.url("rfq-socket"), additional_headers={"Authorization": customer.token}, open_timeout=30
    ) as socket:
        socket.send(json.dumps({"action": "subscribe", "ride-id": ride}))
        while seen not in ENDS:
            try:
                message = json.loads(socket.recv(timeout=LONGEST))
            except TimeoutError as error:
                raise LocalCloudError(
                    f"The socket sent nothing about ride {ride} for {LONGEST:.0f} s.",
                    f"See where it stopped: `uv run rydes trace {ride.partition('.')[0]}`",
                ) from error
            if message["type"] == "refused":
                raise LocalCloudError(
                    f"The socket refused ride {ride}: {message['reason']}.", "That is a bug."
                )
            for state in message["rides"]:
                if state["id"] == ride and state["status"] != seen:
                    seen = state["status"]
                    yield state


def _reason(state: dict[str, Any]) -> str:
    return f" ({state['reason']})" if "reason" in state else ""


def _tell(console: Console, text: str, began: float) -> None:
    console.print(f"  {time.monotonic() - began:6.2f} s  {text}", highlight=False)
