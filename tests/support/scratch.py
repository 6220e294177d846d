"""A scratch copy of the repository, in which a test changes what it likes."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def scratch_copy(directory: Path) -> Path:
    """Copy what is under version control here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    copy = directory / "wild-rydes"
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy
