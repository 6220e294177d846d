"""The unicorn app, as its owner uses it, and rides for which nobody else prices by hand."""

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import expect

from tests.browser.screen import Person, Window
from tests.support.clients import Customer, Json, Place, key

AIRPORT: Final = "Sea-Tac Airport"
NOT_YET: Final = r"404 .*/unicorns/me"
"""What a browser says when the app asks for the unicorn of a newcomer."""


@dataclass(frozen=True)
class FromTheAirport(Place):
    """A ride into town from where no unicorn of the local cloud waits."""

    lat: float = 47.4502
    lon: float = -122.3088

    def ride(self, **more: Any) -> Json:
        ends = {"from": {"lat": self.lat, "lon": self.lon}, "to": {"lat": 47.6205, "lon": -122.3493}}
        return {**ends, "respond-within": 300, **more}


class UnicornApp:
    """The app of a unicorn, as its owner uses it."""

    def __init__(self, window: Window, person: Person) -> None:
        self.window, self.page, self.person = window, window.page, person
        window.tolerate(NOT_YET)

    def sign_in(self) -> None:
        self.page.get_by_role("button", name=f"Continue as {self.person.name}").click()

    def register(self, name: str = "Aurora") -> None:
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_role("button", name="Start").click()
        self.page.get_by_role("heading", name=name).wait_for()

    def go_online(self, stand: str = AIRPORT) -> None:
        self.page.get_by_label("Where you wait").select_option(stand)
        self.page.get_by_role("button", name="Go on duty").click()
        self.page.get_by_role("heading", name="You are on duty").wait_for()
        self.page.get_by_text("Connected", exact=True).wait_for()

    def quote(self, price: str = "21.50") -> None:
        self.page.get_by_label("Your price (USD)").fill(price)
        self.page.get_by_role("button", name="Send quote").click()
        self.page.get_by_text("Rider is choosing").wait_for()

    def expect_outcome(self, outcome: str) -> None:
        expect(self.page.locator(".lately .badge").first).to_have_text(outcome)


def book(rider: Customer, rfq: str, name: str = "Aurora", *, responder: str | None = None) -> None:
    """Book the quote of the unicorn of this name, or of this id, as soon as the RFQ has ended."""
    result = rider.result(rfq)
    field, wanted = ("responder-id", responder) if responder else ("name", name)
    quote = next(quote for quote in result["quotes"] if quote.get(field) == wanted)
    booking = rider.http.post(
        result["links"]["bookings"], json={"quote-id": quote["quote-id"]}, headers=key()
    )
    booking.raise_for_status()
