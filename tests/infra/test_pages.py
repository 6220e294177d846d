"""The pages as they are built: small, without anything that a strict content security policy refuses, once for all clones."""

import gzip
import re
from pathlib import Path

import pytest

from infra import cache, pages

KB = 1000
FIRST_LOAD, WITH_MAP = 200 * KB, 500 * KB
MAP = "SeattleMap-"


@pytest.fixture(scope="module")
def customer_app() -> Path:
    return pages.build("customer-app")


def sent(directory: Path) -> dict[str, int]:
    """How many bytes of each file go over the line."""
    files = [file for file in directory.rglob("*") if file.is_file() and not file.name.startswith(".")]
    return {file.name: len(gzip.compress(file.read_bytes(), 6)) for file in files}


def test_the_customer_app_is_small(customer_app: Path) -> None:
    sizes = sent(customer_app)
    of_map = sum(size for name, size in sizes.items() if name.startswith(MAP))
    assert of_map > 0
    assert sum(sizes.values()) - of_map <= FIRST_LOAD, sizes
    assert sum(sizes.values()) <= WITH_MAP, sizes


def test_the_map_is_no_part_of_the_first_load(customer_app: Path) -> None:
    html = (customer_app / "index.html").read_text()
    waiting, loaded = re.findall(r'(?:src|href)="\./(assets/[^"]+\.js)"', html), set[str]()
    while waiting:
        name = waiting.pop()
        loaded.add(name)
        script = (customer_app / name).read_text()
        imports = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', script)
        waiting += [path for path in (f"assets/{file}" for file in imports) if path not in loaded]
    assert loaded
    assert not [name for name in loaded if MAP in name]


@pytest.mark.parametrize(
    "name", [name for name, page in pages.PAGES.items() if (page / "index.html").exists()]
)
def test_a_page_has_nothing_inline(name: str) -> None:
    html = (pages.build(name) / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|data:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "crossorigin" in html  # it is Vite that has written it


def test_a_page_that_cannot_be_built_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text('<script type="module" src="./missing.ts"></script>')
    monkeypatch.setattr(cache, "DIRECTORY", tmp_path / "cache")
    monkeypatch.setattr(cache, "sources", lambda *_: iter([b"this page"]))
    monkeypatch.setattr(pages, "modules", lambda: pages.ROOT / "node_modules")
    monkeypatch.setitem(pages.PAGES, "customer-app", page)
    with pytest.raises(pages.PageError, match=r"The page customer-app cannot be built: [^$]*missing\.ts"):
        pages.build("customer-app")
