"""The guides do what they say: a scratch copy of the repository follows them line by line, and its checks are green."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.guides.guide import Edit, steps
from tests.support.scratch import ROOT, scratch_copy

GUIDES = (
    "adding-an-event",
    "adding-a-function",
    "changing-an-event",
    "adding-a-partner",
    "adding-a-service",
    "adding-a-language",
)
"""In the order of their story: the function listens to the event, which changes then."""
CONSUMER = "consuming-events"
"""What another team does, with a test of its own: nothing of it is held to the checks here."""
PATHS = re.compile(r'make test ARGS="-q (tests/[^"]+)"')
"""A command that runs tests by their paths alone."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is under version control here."""
    return scratch_copy(tmp_path_factory.mktemp("guides"))


def told(guide: str) -> list[Edit | str]:
    return list(steps((ROOT / f"docs/guides/{guide}.md").read_text()))


def follow(story: Iterable[Edit | str], root: Path) -> None:
    for step in story:
        if isinstance(step, Edit):
            step.apply(root)
        else:
            run(step, root)


def checks_last(story: Iterable[Edit | str]) -> list[Edit | str]:
    """Put off what only generates or checks to the end of the story, and do it once: each run synthesizes all stacks."""
    work: list[Edit | str] = []
    generate: dict[str, None] = {}
    checks: dict[str, None] = {}
    paths: dict[str, None] = {}
    for step in story:
        if step == "make generate":
            generate[step] = None
        elif isinstance(step, Edit) or not step.startswith(("make check", "make test")):
            work.append(step)
        elif by_path := PATHS.fullmatch(step):
            paths |= dict.fromkeys(by_path[1].split())
        else:
            checks[step] = None
    return [*work, *generate, *checks, f'make test ARGS="-q {" ".join(paths)}"']


def run(command: str, root: Path) -> None:
    """Run a line of shell as a newcomer would, without what this environment has set.

    What the type checker knows of the files here it knows of their copies. Beside the rest of the suite, one
    worker is enough, and for properties, which the suite tries with all examples, a quarter of them.
    """
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    environment |= {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"), "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}
    environment |= {"HYPOTHESIS_PROFILE": "fast"}
    done = subprocess.run(  # noqa: S603 - what a guide says
        ["bash", "-c", command],  # noqa: S607
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"


def test_the_guides_lead_where_they_say(scratch: Path) -> None:
    for guide in GUIDES:
        assert any(step.startswith("make test") for step in told(guide) if isinstance(step, str))
    follow(checks_last(step for guide in GUIDES for step in told(guide)), scratch)
    follow(told(CONSUMER), scratch)


def test_a_step_that_no_longer_fits_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n")
    with pytest.raises(AssertionError, match="has no line 'two'"):
        Edit("a.py", "after", "two", "three\n").apply(tmp_path)
    with pytest.raises(AssertionError, match="is there already"):
        Edit("a.py", "new", None, "three\n").apply(tmp_path)
    with pytest.raises(AssertionError, match="exit"):
        run("exit 3", tmp_path)


def test_edits_are_read_and_made_as_the_guide_has_them(tmp_path: Path) -> None:
    guide = """
1. Begin.

   **`a.py`**, new:

   ```python
   def f():
       return 1
   ```

   **`a.py`**, instead of `return 1`:

   ```python
       return 2
   ```

   ```sh
   cat a.py > b.py
   ```
"""
    follow(steps(guide), tmp_path)
    assert (tmp_path / "b.py").read_text() == "def f():\n    return 2\n"


def test_checks_come_last_and_once() -> None:
    edit = Edit("a.py", "new", None, "")
    one, two = 'make test ARGS="-q tests/a tests/b"', 'make test ARGS="-q tests/b tests/c"'
    some = """make test ARGS="-q -k 'a or b' tests/d\""""
    story: list[Edit | str] = [
        "make generate",
        "make check",
        one,
        edit,
        "make generate",
        some,
        "make check",
        two,
    ]
    assert checks_last(story) == [
        edit,
        "make generate",
        "make check",
        some,
        'make test ARGS="-q tests/a tests/b tests/c"',
    ]
