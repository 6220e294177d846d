"""An import ends once and with the right report, whatever its uploads, its events and its steps do."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.asl import TaskFailed
from tests.support.fleet_files import HEADER, csv_file, rows
from tests.support.unicorn_mgmt.imports_desk import COMET, Event, ImportsDesk
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.api.job_routes import LONGEST_STEP
from unicorn_mgmt.domain.fleet_import import (
    IMPORTED_WITHIN,
    MOST_LISTED,
    NOT_DONE,
    NOT_UPLOADED,
    TROUBLE,
    UPLOADED_WITHIN,
    job_of,
    parts_of,
)
from unicorn_mgmt.domain.job import LONGEST_DELAY
from unicorn_mgmt.domain.vehicle import responder_id
from unicorn_mgmt.use_cases import import_chunk

pytestmark = pytest.mark.moto

FAULT = {"field": "lat", "detail": "must be a plain number from -90 to 90"}


@pytest.fixture
def desk(world: World) -> ImportsDesk:
    return ImportsDesk(world)


def counts(job: Any) -> list[int]:
    return [job["result"][name] for name in ("rows", "bad-rows", "created", "changed", "same")]


def begun(desk: ImportsDesk, content: bytes, **more: Any) -> tuple[str, Event]:
    """A job, and the event of its upload."""
    job_id = desk.ask(content, **more).body["id"]
    return job_id, desk.upload(job_id, content)


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


def test_a_second_import_changes_only_what_differs(desk: ImportsDesk) -> None:
    desk.run_import(csv_file(60))
    job = desk.run_import(csv_file(61, dearer={1, 2, 59}))
    assert counts(job) == [61, 0, 1, 3, 57]
    assert "report" not in job["result"]


def test_the_content_of_the_last_import_is_not_written_again(desk: ImportsDesk) -> None:
    first, second = csv_file(9), csv_file(9, dearer={1})
    assert "rows" in desk.run_import(first)["result"]
    again = desk.run_import(first)
    assert again["result"] == {"sha256": hashlib.sha256(first).hexdigest(), "unchanged": True}
    # After another one has written, the first content is news again.
    assert counts(desk.run_import(second))[3] == 1
    assert counts(desk.run_import(first))[3] == 1
    # Another partner's vehicles are others.
    assert desk.imported.get("p-pegasus") is None


def test_an_import_that_was_cut_short_leaves_no_content(desk: ImportsDesk) -> None:
    content = csv_file(9)
    desk.run_import(content)
    other = csv_file(9, dearer={1})

    def cancelled(name: str, _: Event) -> None:
        if name == "${chunk}":
            desk.call("DELETE", f"/jobs/{job_id}")

    job_id, event = begun(desk, other)
    desk.before = cancelled
    desk.execute(event)
    desk.before = lambda _name, _event: None
    desk.world.now += LONGEST_STEP
    assert desk.run_import(content)["result"]["unchanged"] is False


def test_the_event_of_an_upload_comes_twice_and_one_execution_has_the_job(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(9))
    others: list[list[str]] = []

    def meanwhile(name: str, _: Event) -> None:
        if name == "${chunk}" and not others:
            others.append(desk.execute(event, "second"))

    desk.before = meanwhile
    assert "Sum up" in desk.execute(event, "first")
    late = desk.execute(event, "third")
    assert [*others, late] == [["Validate", "What is to be written?", "Done"]] * 2
    assert desk.job(job_id).state == "succeeded"
    assert desk.job(job_id).attempt == 1


def test_each_step_may_be_taken_twice(desk: ImportsDesk) -> None:
    """A worker that dies after its work is followed by another one, which counts what was done as it was."""
    desk.run_import(csv_file(20))
    job_id, event = begun(desk, csv_file(30, bad={4}, dearer={5, 6}))
    desk.before = desk.step
    desk.execute(event)
    desk.before = lambda _name, _event: None
    job = desk.call("GET", f"/jobs/{job_id}").body
    assert counts(job) == [30, 1, 10, 2, 17]
    assert len(desk.report(job_id)) == 2


def test_a_worker_that_dies_in_the_midst_of_a_chunk_changes_no_count(
    desk: ImportsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_chunk, "BATCH", 3)
    desk.chunk_bytes = 10_000
    job_id, event = begun(desk, csv_file(20, bad={10}))
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


def test_a_step_that_fails_for_good_fails_the_job_and_the_execution(desk: ImportsDesk) -> None:
    def broken(name: str, _: Event) -> None:
        if name == "${chunk}":
            raise TaskFailed("Lambda.Unknown", "out of memory")

    job_id, event = begun(desk, csv_file(9))
    desk.before = broken
    with pytest.raises(TaskFailed):
        desk.execute(event)
    job = desk.job(job_id)
    assert (job.state, job.reasons) == ("failed", (TROUBLE,))


def test_an_execution_that_fails_leaves_the_job_of_another_alone(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(9))
    desk.step("${validate}", {**event, "execution": "first"})

    def broken(name: str, _: Event) -> None:
        if name == "${validate}":
            raise TaskFailed("Lambda.Unknown", "out of memory")

    desk.before = broken
    with pytest.raises(TaskFailed):
        desk.execute(event, "second")
    assert desk.job(job_id).state == "running"


def test_cancelling_ends_an_import_between_chunks(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(30))
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


@pytest.mark.parametrize(
    ("content", "declared", "reason"),
    [
        (b"\x1f\x8b" + b"\0" * 99, {}, "The file is gzip. Send it as plain text in UTF-8."),
        (csv_file(3), {"size": 500}, "and 500 were declared."),
        (csv_file(3), {"sha256": "0" * 64}, "The file has another SHA-256 than was declared"),
        (csv_file(3), {"format_": "ndjson"}, "The file is no NDJSON"),
        (HEADER.encode(), {}, "The file has no rows."),
    ],
)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(
    desk: ImportsDesk, content: bytes, declared: dict[str, Any], reason: str
) -> None:
    job_id = desk.ask(content, **declared).body["id"]
    assert desk.execute(desk.upload(job_id, content)) == ["Validate", "What is to be written?", "Done"]
    job = desk.job(job_id)
    assert job.state == "failed"
    assert reason in job.reasons[0]
    # Nothing was written: the next one may begin at once.
    assert desk.ask(csv_file(3)).status == 202


def test_an_upload_that_never_ends_fails_when_its_time_is_over(desk: ImportsDesk) -> None:
    job_id = desk.ask(csv_file(3)).body["id"]
    turns = 0
    while not desk.job(job_id).ended:
        desk.tell(job_id)
        [message] = desk.sent()
        desk.world.now += timedelta(seconds=message["DelaySeconds"])
        assert desk.work(message["MessageBody"]) == []
        turns += 1
    assert desk.job(job_id).reasons == (NOT_UPLOADED,)
    assert desk.world.now - desk.job(job_id).created_at == UPLOADED_WITHIN
    assert turns == UPLOADED_WITHIN / LONGEST_DELAY
    assert not desk.s3.list_multipart_uploads(Bucket="imports").get("Uploads")
    # What is uploaded afterwards comes too late.
    assert desk.execute(desk.upload(job_id, csv_file(3)))[-1] == "Done"


def test_an_import_that_comes_to_no_end_fails_when_its_time_is_over(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(3))
    todo = desk.step("${validate}", {**event, "execution": "first"})
    desk.tell(job_id)
    [message] = desk.sent()
    desk.world.now += IMPORTED_WITHIN
    assert desk.work(message["MessageBody"]) == []
    assert desk.job(job_id).reasons == (NOT_DONE,)
    assert desk.step("${chunk}", todo["chunks"][0]) == {"stopped": True}


def test_a_partner_has_one_open_import(desk: ImportsDesk) -> None:
    first = desk.ask(csv_file(3))
    refused = desk.ask(csv_file(4))
    assert (refused.status, refused.body["code"]) == (409, "import-open")
    assert refused.headers["location"] == first.body["links"]["self"]
    assert desk.ask(csv_file(4), partner="p-pegasus").status == 202
    desk.call("DELETE", f"/jobs/{first.body['id']}")
    assert desk.ask(csv_file(4)).status == 202


def test_a_submission_that_comes_again_is_about_the_same_import(desk: ImportsDesk) -> None:
    body = {"kind": "fleet-import", "parameters": {"format": "csv", "size": 7}}
    first, again = (desk.call("POST", body=body, Idempotency_Key="k") for _ in range(2))
    assert (again.status, again.body) == (202, first.body)
    other = {"kind": "fleet-import", "parameters": {"format": "csv", "size": 8}}
    assert desk.call("POST", body=other, Idempotency_Key="k").status == 422
    assert len(desk.s3.list_multipart_uploads(Bucket="imports")["Uploads"]) == 1


def test_an_import_that_was_cut_short_comes_to_rest_before_the_next(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(9))
    desk.step("${validate}", {**event, "execution": "first"})
    desk.call("DELETE", f"/jobs/{job_id}")
    refused = desk.ask(csv_file(9))
    assert (refused.status, refused.body["code"], refused.headers["retry-after"]) == (
        409,
        "import-ending",
        "120",
    )
    desk.world.now += LONGEST_STEP
    assert desk.ask(csv_file(9)).status == 202


@pytest.mark.parametrize("size", [0, 1024**3 + 1, -1, "7"])
def test_a_size_that_there_is_not_is_refused(desk: ImportsDesk, size: Any) -> None:
    body = {"kind": "fleet-import", "parameters": {"format": "csv", "size": size}}
    answer = desk.call("POST", body=body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "parameters.size")


def test_an_open_upload_has_the_urls_of_all_its_parts(desk: ImportsDesk) -> None:
    size = 20 * 1024 * 1024
    body = {"kind": "fleet-import", "parameters": {"format": "csv", "size": size}}
    shown = desk.call("POST", body=body).body
    upload = shown["upload"]
    assert [part["bytes"] for part in upload["parts"]] == [8 * 1024 * 1024] * 2 + [4 * 1024 * 1024]
    assert all(f"partNumber={part['number']}" in part["url"] for part in upload["parts"])
    assert "uploadId=" in upload["complete"]
    assert upload["expires-at"] == "2026-11-21T10:00:00Z"
    assert "estimated-completion-at" not in shown
    desk.world.now += UPLOADED_WITHIN
    assert "upload" not in desk.call("GET", f"/jobs/{shown['id']}").body


def test_the_parts_of_the_largest_file_fit_into_one_answer() -> None:
    parts = [*parts_of(1024**3)]
    assert (len(parts), sum(part.size for part in parts)) == (16, 1024**3)
    assert len([*parts_of(1)]) == 1


def test_a_vehicle_that_is_named_again_is_a_bad_row(desk: ImportsDesk) -> None:
    desk.chunk_bytes = 10_000
    content = csv_file(5) + "".join(rows(1, first=2, dearer={2})).encode()
    job = desk.run_import(content)
    assert counts(job) == [6, 1, 5, 0, 0]
    assert desk.report(job["id"])[0] == {"line": 7, "field": "id", "detail": "is that of a row before"}


def test_a_report_has_so_many_faults_and_counts_the_rest(
    desk: ImportsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("import_chunk", "import_end"):
        monkeypatch.setattr(f"unicorn_mgmt.use_cases.{module}.MOST_LISTED", 4)
    job = desk.run_import(csv_file(30, bad={*range(30)}))
    assert counts(job)[:2] == [30, 30]
    assert job["result"]["faults-listed"] == 4 < MOST_LISTED
    assert len(desk.report(job["id"])) == 5


def test_progress_grows_with_each_chunk(desk: ImportsDesk) -> None:
    job_id, event = begun(desk, csv_file(30))
    seen: list[int] = []

    def look(name: str, _: Event) -> None:
        if name == "${chunk}":
            seen.append(desk.call("GET", f"/jobs/{job_id}").body["progress"]["percent"])

    desk.before = look
    desk.execute(event)
    assert seen == sorted(seen)
    assert len({*seen}) == len(seen) > 3


@pytest.mark.parametrize("key", ["uploads/x", "statements/p-comet/" + "0" * 36, "uploads/P/" + "0" * 36])
def test_a_key_of_no_upload_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="none of an upload"):
        job_of(key)
