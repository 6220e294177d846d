"""A runbook that says something else than what is typed fails its exercise."""

from pathlib import Path

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import Settings
from tests.e2e.runbook.page import Page, Terminal, commands

TEXT = """
## First, and another

```sh
echo <one> <two>   # both
```

```
aws is not for this
```

Then:

```sh
exit 3
```

## Second

```sh
echo no
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(commands(TEXT, "First"), Terminal(Cloud(Settings(run_dir=tmp_path)), tmp_path))


def test_a_section_is_followed_with_its_blanks_filled_in(page: Page) -> None:
    assert page.types("echo", says="1 2", one="1", two="2") == "1 2\n"
    page.types("exit", 3)
    page.close()


def test_a_line_that_is_not_there_or_is_another_fails(page: Page) -> None:
    with pytest.raises(AssertionError, match="says 'echo <one> <two>"):
        page.types("exit")
    page.types("exit", 3)
    with pytest.raises(AssertionError, match="says 'no more'"):
        page.types("echo")
    with pytest.raises(AssertionError, match="no section 'Third'"):
        commands(TEXT, "Third")


def test_a_line_that_ends_otherwise_or_says_something_else_fails(page: Page) -> None:
    with pytest.raises(AssertionError, match="says nothing of '3'"):
        page.types("echo", says="3", one="1", two="2")
    with pytest.raises(AssertionError, match="exit 3"):
        page.types("exit")


def test_a_line_that_nobody_types_fails(page: Page) -> None:
    page.types("echo", one="1", two="2")
    with pytest.raises(AssertionError, match=r"not typed: .*exit 3"):
        page.close()


def test_a_blank_that_is_not_filled_in_fails(page: Page) -> None:
    with pytest.raises(AssertionError, match="filled into"):
        page.types("echo", one="1")
