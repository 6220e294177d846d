"""What is published stays: in a repository, on a branch of it, and without git."""

import subprocess
from pathlib import Path

import pytest

from infra.registry.history import changes, gaps
from infra.registry.published import publications
from tests.unit.registry.trips import Fare, publish, trip

MORE = trip(driver=(str | None, None))
MOST = trip(driver=(str | None, None), deposit=(Fare | None, None))


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout  # noqa: S603


def commit(directory: Path) -> None:
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "--message", "more")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A repository with two published revisions."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    directory = tmp_path / "shared/published"
    publish(directory, trip())
    (directory / "README.md").write_text("Nothing edits these.\n")
    commit(tmp_path)
    publish(directory, MORE)
    commit(tmp_path)
    assert list(changes(directory)) == []
    return directory


def test_what_is_edited_is_told_with_the_commit_that_has_it(published: Path) -> None:
    file = published / "TripEnded/1.0.json"
    file.write_text(file.read_text().replace("given-up", "gave-up"))
    [found] = changes(published)
    first = git(published, "log", "--reverse", "--format=%H").split()[0][:10]
    assert found.where == "shared/published/TripEnded/1.0.json"
    assert found.why.startswith(f"It is not what it was. {first} published it (")
    assert found.to_do == (
        f"`git checkout {first} -- shared/published/TripEnded/1.0.json`; publish a change of the class as the next "
        "revision: `uv run rydes contracts publish TripEnded`."
    )
    commit(published)
    assert list(changes(published)) == [found], "a commit does not make it better"
    git(published, "checkout", "--quiet", first, "--", "TripEnded/1.0.json")
    assert list(changes(published)) == []


def test_what_is_deleted_is_told(published: Path) -> None:
    (published / "TripEnded/1.1.json").unlink()
    [found] = changes(published)
    assert found.why.startswith("It is gone.")
    commit(published)
    assert [each.why for each in changes(published)] == [found.why]


def test_what_is_new_on_a_branch_may_change_until_it_is_on_main(published: Path) -> None:
    git(published, "switch", "--quiet", "--create", "more")
    publish(published, MOST)
    commit(published)
    file = published / "TripEnded/1.2.json"
    file.write_text(file.read_text().replace("is new", "is newer"))
    commit(published)
    assert list(changes(published)) == []
    git(published, "switch", "--quiet", "main")
    git(published, "merge", "--quiet", "--no-ff", "--no-edit", "more")
    assert list(changes(published)) == []
    file.write_text("{}")
    assert len(list(changes(published))) == 1


def test_what_was_amended_before_the_promise_counts_as_it_was_then(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    directory = tmp_path / "published"
    publish(directory, trip())
    commit(tmp_path)
    file = directory / "TripEnded/1.0.json"
    file.write_text(file.read_text().replace("is new", "is newer"))
    assert list(changes(directory)) == []
    (directory / "README.md").write_text("Nothing edits these.\n")
    commit(tmp_path)
    assert list(changes(directory)) == []
    file.write_text("{}")
    assert len(list(changes(directory))) == 1


def test_without_git_there_is_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, trip())
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert list(changes(tmp_path)) == []
    monkeypatch.setenv("PATH", "")
    assert list(changes(tmp_path)) == []


@pytest.mark.parametrize(
    ("gone", "why"), [("1.0", "1.0.json is missing: 1.1, 1.2 are there."), ("1.1", "1.1.json")]
)
def test_a_revision_that_is_missing_is_seen_without_git(gone: str, why: str, tmp_path: Path) -> None:
    publish(tmp_path, trip(), MORE, MOST)
    assert list(gaps(publications(tmp_path))) == []
    (tmp_path / f"TripEnded/{gone}.json").unlink()
    [found] = gaps(publications(tmp_path))
    assert (found.where, found.why[: len(why)]) == (f"TripEnded/{gone}.json", why)


def test_a_revision_is_not_older_than_the_one_before(tmp_path: Path) -> None:
    publish(tmp_path, trip(), MORE)
    file = tmp_path / "TripEnded/1.1.json"
    file.write_text(file.read_text().replace("2026-11-26", "2026-11-25"))
    [found] = gaps(publications(tmp_path))
    assert found.why == "It says 2026-11-25, which is before 1.0, of 2026-11-26."
