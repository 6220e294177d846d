"""A file is looked at once, by one execution, and what is none of ours is refused."""

import hashlib
from typing import Any

import pytest

from tests.support.asl import TaskFailed
from tests.support.fleet_files import HEADER, csv_file
from tests.support.unicorn_mgmt.imports_desk import Event, ImportsDesk, counts
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.api.job_routes import LONGEST_STEP
from unicorn_mgmt.domain.fleet_import import (
    job_of,
)

pytestmark = pytest.mark.moto

FAULT = {"field": "lat", "detail": "must be a plain number from -90 to 90"}


@pytest.fixture
def desk(world: World) -> ImportsDesk:
    return ImportsDesk(world)


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

    job_id, event = desk.begin(other)
    desk.before = cancelled
    desk.execute(event)
    desk.before = lambda _name, _event: None
    desk.world.now += LONGEST_STEP
    assert desk.run_import(content)["result"]["unchanged"] is False


def test_the_event_of_an_upload_comes_twice_and_one_execution_has_the_job(desk: ImportsDesk) -> None:
    job_id, event = desk.begin(csv_file(9))
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


def test_an_execution_that_fails_leaves_the_job_of_another_alone(desk: ImportsDesk) -> None:
    job_id, event = desk.begin(csv_file(9))
    desk.step("${validate}", {**event, "execution": "first"})

    def broken(name: str, _: Event) -> None:
        if name == "${validate}":
            raise TaskFailed("Lambda.Unknown", "out of memory")

    desk.before = broken
    with pytest.raises(TaskFailed):
        desk.execute(event, "second")
    assert desk.job(job_id).state == "running"


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


@pytest.mark.parametrize("key", ["uploads/x", "statements/p-comet/" + "0" * 36, "uploads/P/" + "0" * 36])
def test_a_key_of_no_upload_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="none of an upload"):
        job_of(key)
