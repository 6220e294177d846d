"""An import ends with the right report, or says that it has failed."""

import hashlib
import json

import pytest

from tests.support.asl import TaskFailed
from tests.support.fleet_files import HEADER, csv_file, rows
from tests.support.unicorn_mgmt.imports_desk import COMET, Event, ImportsDesk, counts
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.domain.fleet_import import (
    MOST_LISTED,
    TROUBLE,
)
from unicorn_mgmt.domain.vehicle import responder_id

pytestmark = pytest.mark.moto

FAULT = {"field": "lat", "detail": "must be a plain number from -90 to 90"}


@pytest.fixture
def desk(world: World) -> ImportsDesk:
    return ImportsDesk(world)


def test_good_rows_stand_and_bad_rows_are_told_by_line_and_field(desk: ImportsDesk) -> None:
    content = csv_file(50, bad={3, 44})
    job = desk.run_import(content)
    assert (job["status"], counts(job)) == ("succeeded", [50, 2, 48, 0, 0])
    assert job["result"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert job["progress"] == {"done": 50, "percent": 100}
    *faults, totals = desk.report(job["id"])
    assert faults == [{"line": 5, **FAULT}, {"line": 46, **FAULT}]
    assert (totals["type"], totals["rows"]) == ("totals", 50)
    assert job["result"]["faults-listed"] == 2
    assert "report.ndjson" in job["result"]["report"]
    steed = desk.world.vehicles.get(responder_id(COMET, "v-7"))
    assert steed
    assert steed.name == "Steed 7"
    assert desk.world.vehicles.get(responder_id(COMET, "v-3")) is None


def test_ndjson_is_read_as_csv_is(desk: ImportsDesk) -> None:
    names = HEADER.strip().split(",")
    lines = [dict(zip(names, row.strip().split(","), strict=True)) for row in rows(20, bad={5})]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    job = desk.run_import(content, "ndjson")
    assert counts(job) == [20, 1, 19, 0, 0]
    assert desk.report(job["id"])[0] == {"line": 6, **FAULT}


def test_each_step_may_be_taken_twice(desk: ImportsDesk) -> None:
    """A worker that dies after its work is followed by another one, which counts what was done as it was."""
    desk.run_import(csv_file(20))
    job_id, event = desk.begin(csv_file(30, bad={4}, dearer={5, 6}))
    desk.before = desk.step
    desk.execute(event)
    desk.before = lambda _name, _event: None
    job = desk.call("GET", f"/jobs/{job_id}").body
    assert counts(job) == [30, 1, 10, 2, 17]
    assert len(desk.report(job_id)) == 2


def test_a_step_that_fails_for_good_fails_the_job_and_the_execution(desk: ImportsDesk) -> None:
    def broken(name: str, _: Event) -> None:
        if name == "${chunk}":
            raise TaskFailed("Lambda.Unknown", "out of memory")

    job_id, event = desk.begin(csv_file(9))
    desk.before = broken
    with pytest.raises(TaskFailed):
        desk.execute(event)
    job = desk.job(job_id)
    assert (job.state, job.reasons) == ("failed", (TROUBLE,))


def test_a_report_has_so_many_faults_and_counts_the_rest(
    desk: ImportsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("import_chunk", "import_end"):
        monkeypatch.setattr(f"unicorn_mgmt.use_cases.{module}.MOST_LISTED", 4)
    job = desk.run_import(csv_file(30, bad={*range(30)}))
    assert counts(job)[:2] == [30, 30]
    assert job["result"]["faults-listed"] == 4 < MOST_LISTED
    assert len(desk.report(job["id"])) == 5
