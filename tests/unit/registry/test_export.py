"""A directory of exported files: written again at will, and never over what somebody else wrote."""

from pathlib import Path

import pytest

from infra.registry.documents.export import NotOurs, export_to


def found(directory: Path) -> dict[str, str]:
    files = (file for file in directory.rglob("*") if file.is_file() and file.name != ".exported")
    return {file.relative_to(directory).as_posix(): file.read_text() for file in files}


def test_an_export_replaces_an_older_one(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "catalog"
    export_to(directory, {"a/index.mdx": "a", "b.mdx": "b"})
    newer = {"a/index.mdx": "a, better", "c.mdx": "c"}
    export_to(directory, newer)
    assert found(directory) == newer


def test_a_file_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    export_to(tmp_path, {"a.mdx": "a"})
    (tmp_path / "a.mdx").unlink()
    export_to(tmp_path, {"a.mdx": "a"})
    assert found(tmp_path) == {"a.mdx": "a"}


@pytest.mark.parametrize("name", ["notes.txt", "b.mdx"])
def test_what_others_wrote_stays(tmp_path: Path, name: str) -> None:
    export_to(tmp_path, {"a.mdx": "a"})
    (tmp_path / name).write_text("mine")
    before = found(tmp_path)
    with pytest.raises(NotOurs, match=f"no export wrote: {name}"):
        export_to(tmp_path, {"b.mdx": "b"})
    assert found(tmp_path) == before


def test_what_was_changed_since_stays(tmp_path: Path) -> None:
    export_to(tmp_path, {"a.mdx": "a"})
    (tmp_path / "a.mdx").write_text("a, and my notes")
    with pytest.raises(NotOurs, match=r"changed after the last export: a\.mdx"):
        export_to(tmp_path, {"a.mdx": "b"})
    assert found(tmp_path) == {"a.mdx": "a, and my notes"}
