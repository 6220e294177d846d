"""What starts the process of the pages."""

import socket
from pathlib import Path

import pytest

from infra import pages
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.pages import process


def test_a_page_that_cannot_be_built_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> Path:
        raise pages.PageError(f"The page {name} cannot be built: main.tsx is no TypeScript")

    monkeypatch.setattr(pages, "modules", Path)
    monkeypatch.setattr(pages, "build", fails)
    with pytest.raises(LocalCloudError, match=r"main[.]tsx is no TypeScript") as error:
        process.build()
    assert "uv run python -m infra.pages" in error.value.way_out


def test_without_a_process_there_are_no_urls(tmp_path: Path) -> None:
    settings = Settings(run_dir=tmp_path)
    assert process.urls(settings) == {}
    process.lock_file(settings).write_text('{"pid": 1, "content": "", "urls": {"customer-app": "http://x/"}}')
    assert process.urls(settings) == {}, "whoever wrote it does not live any more"


def test_a_port_that_is_taken_is_left_to_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(port=port - process.AFTER_THE_EMULATOR["unicorn-app"], run_dir=tmp_path)
        with process.listen(settings, "unicorn-app", None) as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            assert listener.getsockname()[1] != port


def test_a_page_is_served_where_it_was_before(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    before = process.Served(1, "", {"unicorn-app": f"http://localhost:{port}/"})
    with process.listen(Settings(run_dir=tmp_path), "unicorn-app", before) as listener:
        assert listener.getsockname()[1] == port


def test_the_control_rooms_token_is_kept_from_others_and_stays(tmp_path: Path) -> None:
    settings = Settings(run_dir=tmp_path)
    token = process.token(settings)
    assert process.token(settings) == token
    assert (tmp_path / "control-room.token").stat().st_mode & 0o077 == 0
