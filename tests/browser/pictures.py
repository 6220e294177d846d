"""Take the pictures of README.md: `make pictures`.

`make run` plays its journey for the first one. Then a unicorn and a customer meet on a local cloud of its own, and the
control room looks on.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import expect, sync_playwright
from rich.console import Console

from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import ROOT, Settings
from infra.rydes.scenarios import journey
from tests.browser import chromium
from tests.browser.customer_app import SEA_TAC, SPACE_NEEDLE, CustomerApp
from tests.browser.screen import Person, Screens, Window
from tests.browser.unicorn_app import UnicornApp
from tests.support.clients import Customer, Place
from tests.support.own_cloud import free_port, own_cloud
from tests.support.patience import PATIENCE

PICTURES: Final = ROOT / "docs" / "pictures"
LARGEST: Final = 250_000
_OTHERS: Final = 3
_COLUMNS: Final = 100
_DESK: Final = {"width": 1120, "height": 700}
_WALL: Final = {"width": 1440, "height": 920}


@dataclass(frozen=True)
class SpaceNeedle(Place):
    """A ride from the middle of the town, where everybody is."""

    lat: float = 47.6205
    lon: float = -122.3493


def _take(window: Window, console: Console) -> None:
    window.page.evaluate("window.scrollTo(0, 0)")
    file = PICTURES / f"{window.app}.png"
    PICTURES.mkdir(exist_ok=True)
    window.page.screenshot(path=file, animations="allow", caret="hide")
    size = file.stat().st_size
    console.print(f"{file.relative_to(ROOT)}: {size // 1000} kB")
    if size > LARGEST:
        sys.exit(f"{file.name} is larger than {LARGEST // 1000} kB.")


def _take_terminal() -> None:
    # No terminal: what moves in one would be recorded once for each of its frames.
    shown = Console(record=True, width=_COLUMNS, force_terminal=False, color_system="truecolor")
    with tempfile.TemporaryDirectory() as run_dir:
        journey.run(Settings(free_port(), Path(run_dir)), shown, once=True)
    shown.save_svg(str(PICTURES.with_name("make-run.svg")), title="make run")


def main() -> None:
    """Play the story, and take each page's picture when it has most to show."""
    found = chromium.find()
    if found is None:
        sys.exit(chromium.MISSING)
    console = Console(stderr=True)
    _take_terminal()
    expect.set_options(timeout=PATIENCE * 1000)
    with (
        tempfile.TemporaryDirectory() as run_dir,
        own_cloud(Path(run_dir), records_calls=False, with_pages=True) as cloud,
        sync_playwright() as playwright,
    ):
        journey.seed(cloud, Progress(console))
        screens = Screens(
            cloud, playwright.chromium.launch(executable_path=found, args=[*chromium.ARGUMENTS])
        )
        owner = Person("aurora", cloud.admit("aurora", "unicorns"))
        unicorn = UnicornApp(screens.open("unicorn-app", person=owner, viewport=_DESK), owner)
        unicorn.sign_in()
        unicorn.register()
        unicorn.go_online("Seattle Center")
        room = screens.open("control-room", viewport=_WALL, reduced_motion="no-preference")
        room.page.locator("main svg").first.wait_for()
        customer = CustomerApp(screens, Person("mona", cloud.admit("mona", "customers")), viewport=_DESK)
        customer.sign_in()
        customer.ask(SPACE_NEEDLE, SEA_TAC)
        unicorn.page.get_by_role("button", name="Send quote").wait_for()
        customer.page.locator(".quote").nth(8).wait_for()
        _take(customer.window, console)
        _take(unicorn.window, console)
        unicorn.quote()
        others = [Customer(cloud) for _ in range(_OTHERS)]
        for other in others:
            other.submit(SpaceNeedle())
        unicorn.page.get_by_role("button", name="Send quote").nth(_OTHERS - 1).wait_for()
        for other in others:
            other.submit(SpaceNeedle())
        room.page.locator(".dot").nth(4).wait_for(state="attached")
        _take(room, console)
        screens.close()


if __name__ == "__main__":
    main()
