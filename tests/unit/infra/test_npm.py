"""Programs of Node come from lock files, once; what npm says against it reaches the user."""

import json
from pathlib import Path

import pytest

from infra import cache, npm


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock file that needs no registry: it names no package."""
    monkeypatch.setattr(cache, "DIRECTORY", tmp_path / "cache")
    head = {"name": "nothing", "version": "1.0.0"}
    (tmp_path / "package.json").write_text(json.dumps(head))
    lock = {**head, "lockfileVersion": 3, "packages": {"": head}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


@pytest.mark.slow
def test_what_is_installed_stays_until_the_lock_file_changes(locked: Path) -> None:
    directory = npm.install("tools", locked)
    (directory / "left-behind").touch()
    assert npm.install("tools", locked) == directory
    assert (directory / "left-behind").exists()
    text = (locked / "package-lock.json").read_text()
    (locked / "package-lock.json").write_text(f"{text}\n")
    assert npm.install("tools", locked) != directory


@pytest.mark.slow
def test_a_lock_file_that_does_not_fit_is_refused_in_npm_s_words(locked: Path) -> None:
    wanted = {"name": "nothing", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}}
    (locked / "package.json").write_text(json.dumps(wanted))
    with pytest.raises(npm.NpmError, match=r"failed: .*package\.json and package-lock\.json"):
        npm.install("tools", locked)
