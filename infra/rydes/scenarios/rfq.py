"""Submit an RFQ as a customer does, and watch it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator import trace

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0
"""Between two looks at the logs. Each is a call per function, which the emulator must answer."""
GRACE_SECONDS = 20.0
MAX_LAT, MAX_LON = 90, 180
SHOWN = 10
"""Quotes in the table, cheapest first."""


@dataclass(frozen=True)
class Place:
    """A point on the map, and its name."""

    lat: float
    lon: float
    label: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read ``lat,lon`` or ``lat,lon,label``, or the name of a known place.

        Raises:
            LocalCloudError: the text is neither, or the coordinates are out of range.
        """
        if text.lower() in PLACES:
            return PLACES[text.lower()]
        parts = [part.strip() for part in text.split(",", 2)]
        try:
            place = cls(float(parts[0]), float(parts[1]), *parts[2:])
        except (ValueError, IndexError) as error:
            known = ", ".join(f"'{name}'" for name in PLACES)
            raise LocalCloudError(
                f"'{text}' is not a place.", f"Give lat,lon[,label], or one of {known}."
            ) from error
        if not (abs(place.lat) <= MAX_LAT and abs(place.lon) <= MAX_LON):  # NaN is out of range, too
            raise LocalCloudError(
                f"'{text}' is not on Earth.",
                f"Give a latitude of -{MAX_LAT} to {MAX_LAT} and a longitude of -{MAX_LON} to {MAX_LON}.",
            )
        return place

    def json(self) -> dict[str, object]:
        """Write the place as the API wants it."""
        return {key: value for key, value in vars(self).items() if value is not None}


SPACE_NEEDLE = Place(47.6205, -122.3493, "Space Needle")
SEA_TAC = Place(47.4502, -122.3088, "Sea-Tac airport")
MOUNT_RAINIER = Place(46.7861, -121.7353, "Mount Rainier")
PLACES = {
    "space needle": SPACE_NEEDLE,
    "sea-tac": SEA_TAC,
    "mount rainier": MOUNT_RAINIER,
    "pike place": Place(47.6097, -122.3422, "Pike Place Market"),
    "gas works": Place(47.6456, -122.3344, "Gas Works Park"),
}


@dataclass
class View:
    """An RFQ at one moment, as its customer sees it."""

    id: str
    links: dict[str, str]
    asked: int = 0
    received: int = 0
    result: dict[str, Any] | None = None
    timeline: list[trace.Line] = field(default_factory=list)


class Customer:
    """A customer of the RFQ API."""

    def __init__(self, cloud: Cloud, token: str) -> None:
        self._cloud = cloud
        self.token = token
        self._api = httpx.Client(base_url=cloud.url("rfq-api"), headers={"Authorization": token}, timeout=30)

    def submit(self, start: Place, end: Place, respond_within: int) -> View:
        """Submit an RFQ for quotes within so many seconds."""
        body = {"from": start.json(), "to": end.json(), "respond-within": respond_within}
        answer = call(self._api, "POST", "/instant-ride-rfqs", {202}, json=body)
        return View(id=answer.headers["Location"].rsplit("/", 1)[-1], links=answer.json()["links"])

    def follow(self, rfq: View, respond_within: int) -> Iterator[View]:
        """Poll an RFQ, and yield what is known each time; the last view has the result.

        Raises:
            LocalCloudError: the RFQ is not done long after its deadline.
        """
        give_up = time.monotonic() + respond_within + GRACE_SECONDS
        next_look = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < give_up:
            answer = call(self._api, "GET", rfq.links["self"], {200, 303})
            done = answer.status_code == httpx.codes.SEE_OTHER
            if done:
                time.sleep(POLL_SECONDS)  # the last functions are still writing their logs
            if done or time.monotonic() > next_look:
                rfq.timeline = trace.lines(self._cloud, rfq.id)
                next_look = time.monotonic() + LOOK_SECONDS
            if done:
                rfq.result = call(self._api, "GET", answer.headers["Location"], {200}).json()
                rfq.asked = rfq.result["responders"]["asked"]
                rfq.received = rfq.asked - rfq.result["responders"]["silent"]
                yield rfq
                return
            rfq.asked = answer.json()["responders-asked"]
            rfq.received = answer.json()["responses-received"]
            yield rfq
            time.sleep(POLL_SECONDS)
        raise _late(rfq)

    def finish(self, rfq: View, respond_within: int) -> dict[str, Any]:
        """Wait until an RFQ is done, and return its result.

        Raises:
            LocalCloudError: the RFQ is not done long after its deadline.
        """
        give_up = time.monotonic() + respond_within + GRACE_SECONDS
        while time.monotonic() < give_up:
            answer = call(self._api, "GET", rfq.links["self"], {200, 303})
            if answer.status_code == httpx.codes.SEE_OTHER:
                result: dict[str, Any] = call(self._api, "GET", answer.headers["Location"], {200}).json()
                return result
            time.sleep(POLL_SECONDS)
        raise _late(rfq)

    def book(self, rfq: View, quote: str) -> str:
        """Book a quote of a finished RFQ, and return the ride's id."""
        answer = call(self._api, "POST", rfq.links["bookings"], {202}, json={"quote-id": quote})
        return str(answer.json()["id"])


def _late(rfq: View) -> LocalCloudError:
    return LocalCloudError(
        f"RFQ {rfq.id} is not done {GRACE_SECONDS:.0f} s after its deadline.",
        f"See where it stopped: `uv run rydes trace {rfq.id}`",
    )


def watch(customer: Customer, start: Place, end: Place, respond_within: int, console: Console) -> View:
    """Submit an RFQ, and show live how answers arrive and how the request went through the functions."""
    progress = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    task = progress.add_task("answers", total=None)
    with Live(progress, console=console, refresh_per_second=12) as live:
        rfq = customer.submit(start, end, respond_within)
        for view in customer.follow(rfq, respond_within):
            progress.update(task, completed=view.received, total=view.asked or None)
            live.update(
                Group(progress, trace.view(view.timeline, console.width)) if view.timeline else progress
            )
    return rfq


def show_result(rfq: View, console: Console) -> None:
    """Print the result of a finished RFQ, cheapest quote first."""
    result = rfq.result or {}
    counts = ", ".join(f"{count} {kind}" for kind, count in result["responders"].items())
    console.print(
        f"\n[bold]RFQ {rfq.id}[/]\ncompleted by {result['completed-by']}: {counts}", highlight=False
    )
    shown = Table()
    for heading, justify in (("#", "right"), ("unicorn", "left"), ("price", "right"), ("there in", "right")):
        shown.add_column(heading, justify=justify)  # type: ignore[arg-type]
    if rated := any("rating" in quote for quote in result["quotes"][:SHOWN]):
        shown.add_column("rated", justify="right")
    for rank, quote in enumerate(result["quotes"][:SHOWN], 1):
        price, minutes = quote["price"], f"{quote['pickup-in-seconds'] / 60:.0f} min"
        who = quote.get("name") or quote["responder-id"]
        cells = [str(rank), who, f"{price['amount']} {price['currency']}", minutes]
        shown.add_row(*cells, *([_rating(quote)] if rated else []))
    if (more := len(result["quotes"]) - SHOWN) > 0:
        shown.caption = f"and {more} more expensive quote{'s' if more > 1 else ''}"
    console.print(shown)


def _rating(quote: dict[str, Any]) -> str:
    rating = quote.get("rating")
    return f"{rating['score']:.1f} ({rating['count']})" if rating else ""
