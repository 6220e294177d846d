"""Rides of unicorns that quote by their rate card come to an end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.simulators.unicorns import drivers, registry


def confirmed(responder: str, ride: str) -> dict[str, Any]:
    return {"detail": {"data": {"responder_id": responder, "ride_id": ride}}}


class Tap:
    """Says each batch once; a batch that is an error is raised."""

    def __init__(self, *batches: Any) -> None:
        self.batches = list(batches)

    def heard(self) -> list[dict[str, Any]]:
        batch = self.batches.pop(0) if self.batches else []
        if isinstance(batch, Exception):
            raise batch
        return list(batch)


def driven(
    monkeypatch: pytest.MonkeyPatch, folder: Path, tap: Tap, refuses: str = ""
) -> list[tuple[str, str]]:
    """The rides that are completed, with the unicorns' names."""
    settings = Settings(run_dir=folder)
    drivers.remember(settings, {"u-1": "Arion", "u-2": "Binky"})
    rides: list[tuple[str, str]] = []

    @contextmanager
    def listening(*_: Any) -> Iterator[Tap]:
        yield tap

    def complete(_: Any, name: str, ride: str) -> None:
        if ride == refuses:
            raise LocalCloudError("409", "It is over.")
        rides.append((name, ride))

    monkeypatch.setattr(drivers, "listening", listening)
    monkeypatch.setattr(registry, "complete", complete)
    monkeypatch.setattr(drivers, "SECONDS_OF_A_RIDE", (0.0, 0.0))
    monkeypatch.setattr(drivers, "SECONDS_BETWEEN_LOOKS", 0.001)

    async def until_all_is_said() -> None:
        driving = asyncio.create_task(drivers.drive(SimpleNamespace(settings=settings)))  # type: ignore[arg-type]
        while tap.batches or len(asyncio.all_tasks()) > 2:
            await asyncio.sleep(0.001)
        driving.cancel()

    asyncio.run(until_all_is_said())
    return rides


def test_their_rides_are_made_and_no_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tap = Tap([confirmed("u-1", "a.1"), confirmed("u-by-hand", "b.1")], [], [confirmed("u-2", "c.2")])
    assert sorted(driven(monkeypatch, tmp_path, tap)) == [("Arion", "a.1"), ("Binky", "c.2")]


def test_trouble_with_one_ride_or_one_look_is_none_of_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tap = Tap([confirmed("u-1", "over.1")], OSError("down"), [confirmed("u-2", "c.2")])
    assert driven(monkeypatch, tmp_path, tap, refuses="over.1") == [("Binky", "c.2")]
