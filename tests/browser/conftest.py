"""A local cloud with its pages and unicorns for the tests of this folder, and a real browser to look at them."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from rich.console import Console

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.scenarios import journey
from tests.browser import chromium
from tests.browser.screen import Person, Screens
from tests.support.own_cloud import own_cloud
from tests.support.patience import PATIENCE


@pytest.fixture(scope="session")
def cloud(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The deployed stacks with the unicorns over Seattle, and the pages.

    ``RYDES_E2E=reuse`` takes the cloud that `rydes up` or `make run` has up.
    """
    if os.environ.get("RYDES_E2E") == "reuse":
        yield Cloud.find(Settings.from_environment())
        return
    with own_cloud(tmp_path_factory.mktemp("cloud"), records_calls=False, with_pages=True) as deployed:
        journey.seed(deployed, Progress(Console(stderr=True)))
        yield deployed


@pytest.fixture(scope="session")
def executable() -> str:
    """A Chromium. Without one the tests are skipped, except in CI, where they fail."""
    found = chromium.find()
    if found is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)(chromium.MISSING)
    return found


@pytest.fixture(scope="module")
def browser(executable: str) -> Iterator[Browser]:
    """The browser. While Playwright runs, so does its event loop, and no later test of this process could begin its own."""
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=[*chromium.ARGUMENTS])
        yield started
        started.close()


@pytest.fixture
def person(cloud: Cloud) -> Callable[[str], Person]:
    """Make somebody new of a group, such as `customers`, whom no other test knows."""

    def make(group: str) -> Person:
        name = f"{group.rstrip('s')}-{uuid.uuid4().hex[:8]}"
        return Person(name, cloud.admit(name, group))

    return make


@pytest.fixture
def screens(cloud: Cloud, browser: Browser) -> Iterator[Screens]:
    """Windows on the pages. A test fails if one has complained about what the test does not tolerate."""
    opened = Screens(cloud, browser)
    yield opened
    complaints = opened.close()
    assert not complaints, "\n".join(complaints)
