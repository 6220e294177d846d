"""The customer app, as a customer uses it."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from infra.rydes.simulators.unicorns.registry import by_hand
from tests.browser.screen import Person, Screens, Window
from tests.support.clients import Place
from tests.support.patience import eventually

API: Final = re.compile(r"/_aws/execute-api/rfq-api/")
SPACE_NEEDLE, SEA_TAC = "Space Needle", "Sea-Tac Airport"
_LISTEN: Final = """
const region = document.querySelector("[aria-live=polite]");
window.said = [region.textContent];
new MutationObserver(() => window.said.push(region.textContent))
  .observe(region, { childList: true, subtree: true, characterData: true });
"""
NET: Final = r"net::ERR_|Failed to load resource|WebSocket connection to"
"""What a browser says of calls that fail: the page cannot keep it from doing so."""


class CustomerApp:
    """A window in which a customer has signed in."""

    def __init__(self, screens: Screens, person: Person, *, path: str = "", **options: Any) -> None:
        self.window: Window = screens.open("customer-app", person=person, path=path, **options)
        self.page, self.context = self.window.page, self.window.page.context
        self.person = person

    def sign_in(self) -> "CustomerApp":
        self.page.get_by_role("button", name=re.compile(self.person.name)).click()
        self.page.locator(".app").wait_for()
        self.page.evaluate(_LISTEN)
        return self

    def put(self, end: str, text: str) -> None:
        """Type a place, and take the first that is offered."""
        field = self.page.locator(f"#place-{end}")
        field.fill(text)
        field.press("Enter")

    def ask(self, start: str = SPACE_NEEDLE, to: str = SEA_TAC, seconds: int = 300) -> str:
        """Ask for quotes, and return the id of the request."""
        self.put("from", start)
        self.put("to", to)
        self.page.locator(f'input[name="wait"][value="{seconds}"]').check()
        self.page.locator("button[type=submit]").click()
        self.page.wait_for_url(re.compile(r"#/requests/"))
        return self.page.url.rpartition("/")[2]

    def ask_at(self, place: Place) -> str:
        """Ask for quotes far from every other test."""
        return self.ask(f"{place.lat}, {place.lon}", f"{place.lat + 0.13}, {place.lon + 0.01}")

    def is_live(self) -> None:
        self.line("live")

    def line(self, state: str) -> None:
        self.page.locator(f'[data-line="{state}"]').wait_for()

    def think(self, count: int) -> None:
        """Wait until so many are asked who have not answered."""
        self.page.locator(f'[data-thinking="{count}"]').wait_for()

    def quote(self, responder: str) -> Locator:
        return self.page.locator(f'[data-quote="{responder}"]')

    def quote_of_a_driver(self) -> Locator:
        """The first quote of a unicorn that makes its rides by itself."""
        drivers = "|".join(unicorn.name for unicorn in by_hand())
        title = self.page.get_by_role("heading", level=3, name=re.compile(f"^({drivers})$"))
        return self.page.locator(".quote").filter(has=title).first

    def quotes(self) -> list[str]:
        """The responders of the quotes, in the order in which they are shown."""
        return [str(card.get_attribute("data-quote")) for card in self.page.locator(".quote").all()]

    def shows(self, title: str) -> None:
        """Wait until a heading says this."""
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()

    def ride_is(self, status: str) -> None:
        self.page.locator(f'[data-status="{status}"]').wait_for()

    def says(self, pattern: str) -> None:
        """Wait until screen readers have been told this since the customer signed in."""
        eventually(
            lambda: str(self.page.evaluate("window.said.join('\\n')")),
            f"it says {pattern}",
            lambda said: re.search(pattern, said),
        )

    def booked_ride(self) -> str:
        """The id of the ride whose page is shown."""
        self.page.wait_for_url(re.compile(r"#/rides/"))
        return self.page.url.rpartition("/")[2]

    def answer(
        self,
        url: re.Pattern[str],
        status: int,
        body: Any,
        *,
        times: int | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Have the API answer so, whatever it is asked at this URL, always or some times."""
        left = [times]

        def fulfil(route: Route) -> None:
            if route.request.method == "OPTIONS" or left[0] == 0:
                route.fallback()
                return
            left[0] = left[0] and left[0] - 1
            exposed = "apigw-requestid, Retry-After, Location"
            kind = "application/problem+json" if status >= 400 else "application/json"
            route.fulfill(
                status=status,
                headers={
                    "Access-Control-Allow-Origin": "*",
                    "Access-Control-Expose-Headers": exposed,
                    "Content-Type": kind,
                    **headers,
                },
                body=json.dumps(body),
            )

        self.context.route(url, fulfil)


class Cuttable:
    """The socket of a window, which a test may cut and mend."""

    def __init__(self, page: Page, socket: str = "rfq-socket") -> None:
        self.cut = False
        self._open: list[WebSocketRoute] = []
        page.context.route_web_socket(re.compile(socket), self._connect)

    def sever(self) -> None:
        """Cut all lines; new ones end at once, until `mend`."""
        self.cut = True
        for line in self._open:
            line.close(code=1001)
        self._open.clear()

    def mend(self) -> None:
        self.cut = False

    def _connect(self, line: WebSocketRoute) -> None:
        if self.cut:
            line.close(code=1001)
        else:
            line.connect_to_server()
            self._open.append(line)
