"""The package as others get it: a wheel with a version and a changelog, which needs pydantic alone."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "shared" / "contracts"
VERSION = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]["version"]


def test_the_version_has_the_first_entry_of_the_changelog() -> None:
    first = re.search(r"^## (\S+) - \d{4}-\d{2}-\d{2}$", (PACKAGE / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == VERSION


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, with an environment that has nothing of ours."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_installs_into_an_empty_environment_and_the_examples_run(tmp_path: Path) -> None:
    uv = os.environ.get("UV", "uv")
    run(uv, "build", "--quiet", "--wheel", PACKAGE, "--out-dir", tmp_path, cwd=tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"wild_rydes_contracts-{VERSION}-")
    environment = tmp_path / "environment"
    run(uv, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    python = environment / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--python", python, wheel, cwd=tmp_path)
    installed = run(uv, "pip", "list", "--python", python, "--format", "freeze", cwd=tmp_path)
    assert {line.partition("==")[0] for line in installed.split()} == {
        "annotated-types",
        "pydantic",
        "pydantic-core",
        "typing-extensions",
        "typing-inspection",
        "wild-rydes-contracts",
    }
    examples = re.findall(
        r"^```python\n(.*?)^```$", (PACKAGE / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    printed = [run(python, "-c", example, cwd=tmp_path) for example in examples]
    assert "no valid RideCompleted.v1: data.completed_at: is missing" in printed[0]
    assert (tmp_path / "greeter.json").exists()
    assert '"event_version":1' in printed[1]
