"""What a person sees of a page: windows whose complaints are heard, the faces of a state, and what axe finds in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import ROOT
from infra.rydes.pages import process
from tests.support.patience import PATIENCE

RIDES: Final = "rides"
"""The files that a second worker of pytest-xdist runs, on a cloud of its own: they take as long as all others here."""
SCREENSHOTS: Final = ROOT / ".run" / "screenshots"
NARROW, WIDE = 360, 1440
HEIGHTS: Final = {NARROW: 740, WIDE: 900}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
JUDGED: Final = {(NARROW, "light"), (WIDE, "dark")}
"""Where axe looks, too: each width and each scheme once."""
_AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_MILLISECONDS: Final = 1000


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in."""

    name: str
    password: str


@dataclass
class Window:
    """A browser of one person, with a page in it."""

    page: Page
    app: str
    complaints: list[str] = field(default_factory=list)
    """Errors of the page and of its console."""
    _tolerated: list[str] = field(default_factory=list)

    def tolerate(self, pattern: str) -> None:
        """Let complaints pass that a test provokes, such as those about a line that it cuts."""
        self._tolerated.append(pattern)

    def unexpected(self) -> list[str]:
        """Return the complaints that no test has provoked."""
        return [
            text for text in self.complaints if not any(re.search(each, text) for each in self._tolerated)
        ]

    def faces(self, state: str) -> None:
        """Look at the state of the page at both widths, in light and dark: take pictures, and have axe judge them."""
        before = self.page.viewport_size
        findings = []
        for width in (NARROW, WIDE):
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                self.picture(f"{state}-{width}-{scheme}")
                if (width, scheme) in JUDGED:
                    findings += [f"{width} {scheme}: {finding}" for finding in self.serious()]
                wide = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
                findings += [f"{width}: the page scrolls sideways"] if wide else []
        if before:
            self.page.set_viewport_size(before)
        assert not findings, f"{state}:\n" + "\n".join(findings)

    def picture(self, name: str) -> Path:
        """Take a picture of what is in the window, and return its file."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{self.app}-{name}.jpeg"  # half the work of a PNG
        self.page.screenshot(path=file, quality=90, animations="disabled", caret="hide")
        return file

    def serious(self) -> list[str]:
        """Have axe look at the page, and return what it finds serious or critical."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(f"{_AXE.read_text()}; undefined")
        found: Mapping[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
        )
        return [
            f"{violation['id']}: {violation['help']} ({node['target']}: {node['failureSummary']})"
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]


class Screens:
    """Opens windows on the pages of a cloud."""

    def __init__(self, cloud: Cloud, browser: Browser) -> None:
        self._browser = browser
        self._urls = process.urls(cloud.settings)
        self._contexts: list[BrowserContext] = []
        self.windows: list[Window] = []

    def open(self, app: str, *, person: Person | None = None, path: str = "", **options: Any) -> Window:
        """Open a page in a browser of its own. The `person` is the one who is offered to sign in by a click.

        Args:
            app: the page's name.
            person: who sits in front of it.
            path: what follows the page's URL, such as `#/requests/1`.
            options: of the browser's context, such as `locale`. Nothing moves by default: drawing that is work.
        """
        usual = {
            "viewport": {"width": WIDE, "height": HEIGHTS[WIDE]},
            "locale": "en-US",
            "reduced_motion": "reduce",
        }
        context = self._browser.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE * _MILLISECONDS)
        self._contexts.append(context)
        if person:
            context.route(re.compile(r"/config\.json$"), lambda route: _offer(route, person))
        window = Window(context.new_page(), app)
        self.windows.append(window)

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                window.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

        window.page.on("console", hear)
        window.page.on("pageerror", lambda error: window.complaints.append(f"error: {error}"))
        window.page.goto(f"{self._urls[app]}{path}")
        return window

    def close(self) -> list[str]:
        """Close all windows, and return what they have complained about."""
        for context in self._contexts:
            context.close()
        return [f"{window.app}: {text}" for window in self.windows for text in window.unexpected()]


def _offer(route: Route, person: Person) -> None:
    """Let a page offer one person alone."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "people": [vars(person)]})
