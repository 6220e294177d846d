"""Rows are written once, as they are, whatever their workers do."""

from typing import Any

import pytest

from tests.support.asl import TaskFailed
from tests.support.fleet_files import csv_file, rows
from tests.support.unicorn_mgmt.imports_desk import COMET, Event, ImportsDesk, counts
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.domain.vehicle import responder_id
from unicorn_mgmt.use_cases import import_chunk

pytestmark = pytest.mark.moto

FAULT = {"field": "lat", "detail": "must be a plain number from -90 to 90"}


@pytest.fixture
def desk(world: World) -> ImportsDesk:
    return ImportsDesk(world)


def test_a_second_import_changes_only_what_differs(desk: ImportsDesk) -> None:
    desk.run_import(csv_file(60))
    job = desk.run_import(csv_file(61, dearer={1, 2, 59}))
    assert counts(job) == [61, 0, 1, 3, 57]
    assert "report" not in job["result"]


def test_a_worker_that_dies_in_the_midst_of_a_chunk_changes_no_count(
    desk: ImportsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_chunk, "BATCH", 3)
    desk.chunk_bytes = 10_000
    job_id, event = desk.begin(csv_file(20, bad={10}))
    died: list[str] = []

    def dies(name: str, step: Event) -> None:
        if name == "${chunk}" and not died:
            written = desk.world.vehicles.write
            died.append(name)

            def write_twice(*of: Any) -> Any:
                if len(died) > 2:
                    raise TaskFailed("Lambda.Unknown", "killed")
                died.append("a batch")
                return written(*of)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(desk.world.vehicles), "write", lambda _, *of: write_twice(*of))
                with pytest.raises(TaskFailed):
                    desk.step(name, step)

    desk.before = dies
    desk.execute(event)
    assert counts(desk.call("GET", f"/jobs/{job_id}").body) == [20, 1, 19, 0, 0]


def test_cancelling_ends_an_import_between_chunks(desk: ImportsDesk) -> None:
    job_id, event = desk.begin(csv_file(30))
    seen: list[int] = []

    def cancelled(name: str, step: Event) -> None:
        if name == "${chunk}":
            seen.append(step["number"])
            if len(seen) == 2:
                assert desk.call("DELETE", f"/jobs/{job_id}").status == 204

    desk.before = cancelled
    assert desk.execute(event)[-1] == "Done"
    assert desk.job(job_id).state == "cancelled"
    assert len(seen) > 3
    assert desk.world.vehicles.get(responder_id(COMET, "v-0"))
    assert desk.world.vehicles.get(responder_id(COMET, "v-29")) is None


def test_a_vehicle_that_is_named_again_is_a_bad_row(desk: ImportsDesk) -> None:
    desk.chunk_bytes = 10_000
    content = csv_file(5) + "".join(rows(1, first=2, dearer={2})).encode()
    job = desk.run_import(content)
    assert counts(job) == [6, 1, 5, 0, 0]
    assert desk.report(job["id"])[0] == {"line": 7, "field": "id", "detail": "is that of a row before"}


def test_progress_grows_with_each_chunk(desk: ImportsDesk) -> None:
    job_id, event = desk.begin(csv_file(30))
    seen: list[int] = []

    def look(name: str, _: Event) -> None:
        if name == "${chunk}":
            seen.append(desk.call("GET", f"/jobs/{job_id}").body["progress"]["percent"])

    desk.before = look
    desk.execute(event)
    assert seen == sorted(seen)
    assert len({*seen}) == len(seen) > 3
