"""Each page loads, under the headers that say what it may do."""

import httpx
import pytest

from infra.pages import PAGES
from infra.rydes.cloud.cloud import Cloud, status
from infra.rydes.pages import process
from tests.browser.screen import Screens


@pytest.mark.parametrize("app", PAGES)
def test_a_page_loads(app: str, screens: Screens) -> None:
    window = screens.open(app)
    window.page.locator("main").wait_for()
    assert window.serious() == []


def test_pages_are_among_the_urls_of_the_status(cloud: Cloud) -> None:
    found = status(cloud.settings).urls
    assert {name: found[name] for name in PAGES} == process.urls(cloud.settings)


@pytest.mark.parametrize("app", PAGES)
def test_a_page_may_do_nothing_but_what_it_needs(app: str, cloud: Cloud) -> None:
    url = process.urls(cloud.settings)[app]
    for path in ("", "config.json", "missing"):
        headers = httpx.get(httpx.URL(url).join(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("app", PAGES)
def test_a_foreign_name_that_leads_here_is_refused(app: str, cloud: Cloud) -> None:
    url = process.urls(cloud.settings)[app]
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code in {400, 403, 421}


def test_the_passwords_of_a_local_cloud_are_told_to_its_own_pages_alone(cloud: Cloud) -> None:
    answer = httpx.get(
        f"{process.urls(cloud.settings)['customer-app']}config.json",
        headers={"Origin": "https://evil.example"},
    )
    assert answer.json()["people"]
    assert "Access-Control-Allow-Origin" not in answer.headers
