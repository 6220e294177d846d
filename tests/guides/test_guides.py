"""The guides do what they say: a scratch copy of the repository follows them line by line, and its checks are green."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.guides.guide import Edit, steps

ROOT = Path(__file__).parents[2]
GUIDES = ("adding-an-event", "adding-a-function", "adding-a-service")
"""In the order of their story: the function listens to the event."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is under version control here."""
    copy = tmp_path_factory.mktemp("guides") / "wild-rydes"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def follow(guide: str, root: Path) -> None:
    for step in steps((ROOT / f"docs/guides/{guide}.md").read_text()):
        if isinstance(step, Edit):
            step.apply(root)
        else:
            run(step, root)


def run(command: str, root: Path) -> None:
    """Run a line of shell as a newcomer would, without what this environment has set.

    What the type checker knows of the files here it knows of their copies. Beside the rest of the suite, one
    worker is enough.
    """
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    environment |= {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"), "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}
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
        assert any(isinstance(step, str) for step in steps((ROOT / f"docs/guides/{guide}.md").read_text()))
        follow(guide, scratch)


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
    for step in steps(guide):
        if isinstance(step, Edit):
            step.apply(tmp_path)
        else:
            run(step, tmp_path)
    assert (tmp_path / "b.py").read_text() == "def f():\n    return 2\n"
