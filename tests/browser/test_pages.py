"""The pages of a local cloud load, and are served anew when they have changed."""

import os
import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from infra.pages import PAGES
from infra.rydes.cloud.cloud import Cloud, status
from infra.rydes.pages import process
from infra.rydes.pages.config import configs
from tests.browser.screen import Screens


@pytest.mark.parametrize("app", PAGES)
def test_a_page_loads(app: str, screens: Screens) -> None:
    window = screens.open(app)
    window.page.locator("main").wait_for()
    assert window.serious() == []


def test_a_page_shows_its_frame_before_it_knows_anything(screens: Screens) -> None:
    window = screens.open("unicorn-app")
    held: list[Route] = []
    window.page.route("**/config.json", lambda route: held.append(route))  # noqa: PLW0108 - it wants a function
    window.page.reload()
    expect(window.page.get_by_role("link", name="Wild Rydes")).to_be_visible()
    window.page.get_by_role("combobox", name="Language").select_option("es")
    expect(window.page.get_by_text("Cargando…")).to_be_visible()
    [waiting] = held
    waiting.continue_()
    expect(window.page.get_by_role("button", name="Iniciar sesión")).to_be_visible()


def test_pages_are_among_the_urls_of_the_status(cloud: Cloud) -> None:
    found = status(cloud.settings).urls
    assert {name: found[name] for name in PAGES} == process.urls(cloud.settings)


@pytest.mark.parametrize("app", PAGES)
def test_its_answers_say_what_a_page_may_do(app: str, cloud: Cloud) -> None:
    url = process.urls(cloud.settings)[app]
    for path in ("", "config.json", "missing"):
        headers = httpx.get(httpx.URL(url).join(path)).headers
        assert re.match("default-src 'none'; script-src 'self'; ", headers["Content-Security-Policy"])
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_has_changed_is_served_anew_where_it_was(cloud: Cloud, tmp_path: Path) -> None:
    built, before = process.build(), process.running(cloud.settings)
    assert before
    changed = tmp_path / "unicorn-app"
    shutil.copytree(built["unicorn-app"], changed)
    (changed / "index.html").write_text("<!doctype html><title>Anew</title>")
    known = configs(cloud)
    now = process.start(cloud.settings, {**built, "unicorn-app": changed}, known)
    assert (now.urls, now.pid != before.pid) == (before.urls, True)
    assert "Anew" in httpx.get(now.urls["unicorn-app"]).text
    with pytest.raises(ProcessLookupError):
        os.kill(before.pid, 0)
    again = process.start(cloud.settings, built, known)
    assert "Anew" not in httpx.get(again.urls["unicorn-app"]).text
    moved = {**known, "unicorn-app": {**known["unicorn-app"], "api": "https://elsewhere.example"}}
    assert process.start(cloud.settings, built, moved) == again, "nothing has changed but where the API is"
    config = httpx.URL(again.urls["unicorn-app"]).join("config.json")
    assert httpx.get(config).json()["api"] == "https://elsewhere.example"
    process.start(cloud.settings, built, known)
    assert httpx.get(config).json() == known["unicorn-app"]
