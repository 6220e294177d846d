"""What is made once for every clone."""

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from infra import cache


def _make(directory: Path) -> None:
    directory.mkdir()  # fails where something is
    (directory / "content").write_text("made")


def _fail(directory: Path) -> None:
    _make(directory)
    raise RuntimeError("half done")


def _once(parent: Path) -> str:
    return (cache.once(parent, "kind", "key", _make) / "content").read_text()


def test_a_thing_is_made_once(tmp_path: Path) -> None:
    first = cache.once(tmp_path / "new", "kind", "key", _make)
    assert cache.once(tmp_path / "new", "kind", "key", _fail) == first
    assert (first / "content").read_text() == "made"


def test_what_failed_or_was_killed_half_way_begins_anew(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="half done"):
        cache.once(tmp_path, "kind", "key", _fail)
    assert _once(tmp_path) == "made"


def test_processes_at_once_make_it_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        assert list(pool.map(_once, [tmp_path] * 8)) == ["made"] * 8


def test_of_a_kind_those_used_last_are_kept(tmp_path: Path) -> None:
    made = [cache.once(tmp_path, "kind", str(number), _make) for number in range(5)]
    other = cache.once(tmp_path, "another", "key", _make)
    for age, directory in enumerate(reversed(made)):
        os.utime(directory / ".done", (1_000_000 - age, 1_000_000 - age))
    assert cache.once(tmp_path, "kind", "0", _fail) == made[0]  # the oldest is used again
    newest = cache.once(tmp_path, "kind", "5", _make)
    assert {path for path in tmp_path.iterdir() if path.is_dir()} == {made[0], *made[2:], newest, other}


def test_what_was_given_up_long_ago_goes(tmp_path: Path) -> None:
    for key, age in (("now", 0), ("long-ago", 7200)):
        with pytest.raises(RuntimeError):
            cache.once(tmp_path, "kind", key, _fail)
        then = time.time() - age
        os.utime(tmp_path / f"kind-{key}", (then, then))
    cache.once(tmp_path, "kind", "key", _make)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"kind-now", "kind-key"}


def test_a_digest_tells_parts_apart() -> None:
    assert cache.digest(b"ab", b"c") != cache.digest(b"a", b"bc")


def test_sources_name_and_hold_all_files_but_what_is_made_from_them(tmp_path: Path) -> None:
    for name in ("a/one.py", "a/__pycache__/one.pyc", "a/node_modules/x.js", "b.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = list(cache.sources(tmp_path, tmp_path / "b.toml", tmp_path / "a"))
    assert found == [b"b.toml", b"b.toml", b"a/one.py", b"a/one.py"]


def test_it_is_where_the_user_keeps_caches(tmp_path: Path) -> None:
    def found(**environment: str) -> str:
        program = "from infra import cache; print(cache.DIRECTORY)"
        env = {"PATH": os.defpath, "HOME": "/home/ann", **environment}
        return subprocess.check_output([sys.executable, "-c", program], env=env, text=True).strip()  # noqa: S603

    assert found(XDG_CACHE_HOME=str(tmp_path)) == str(tmp_path / "wild-rydes")
    assert found() == "/home/ann/.cache/wild-rydes"
