"""Stacks are synthesized once for all local clouds of a user, whatever their ports."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from infra import cache
from infra.rydes.cloud import synth
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings

QUIET = Progress(Console(quiet=True))


def template(emulator: int, phones: int, textract: int) -> str:
    origins = ["http://localhost:*", "http://localhost:45661"]
    urls = {"socket": f"ws://localhost:{emulator}/v1", "api": f"http://localhost:{emulator}"}
    return json.dumps(
        {
            **urls,
            "phones": f"http://localhost:{phones}",
            "textract": f"http://localhost:{textract}",
            "origins": origins,
        }
    )


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What the app was run for."""
    made: list[Path] = []

    def run(_: Settings, directory: Path) -> None:
        made.append(directory)
        directory.mkdir()
        (directory / "A.template.json").write_text(template(4566, 4567, 4571))
        (directory / "manifest.json").write_text("{}")

    def once(_: Path, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        return cache_once(tmp_path / "cache", kind, key, make)

    cache_once = cache.once
    monkeypatch.setattr(synth, "_build_artifacts", lambda: None)
    monkeypatch.setattr(synth, "_run_app", run)
    monkeypatch.setattr(cache, "once", once)
    return made


def test_clouds_share_what_is_synthesized_and_each_finds_its_own_ports(
    made: list[Path], tmp_path: Path
) -> None:
    for number, (emulator, phones, textract) in enumerate(
        [(5000, 5001, 5005), (4567, 4568, 4566), (4566, 4567, 4571)]
    ):
        settings = Settings(port=emulator, run_dir=tmp_path / str(number))
        settings.run_dir.mkdir()
        settings.phones_file.write_text(f"http://localhost:{phones}")
        settings.textract_file.write_text(f"http://localhost:{textract}")
        synth.synthesize(settings, QUIET)
        assert (settings.assembly / "A.template.json").read_text() == template(emulator, phones, textract)
        assert (settings.assembly / "manifest.json").exists()
    assert len(made) == 1
