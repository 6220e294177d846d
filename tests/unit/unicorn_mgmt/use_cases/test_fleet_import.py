"""An import is begun once, waits for its upload, and ends when its time is over."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.fleet_files import csv_file
from tests.support.unicorn_mgmt.imports_desk import ImportsDesk
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.api.job_routes import LONGEST_STEP
from unicorn_mgmt.domain.fleet_import import (
    IMPORTED_WITHIN,
    NOT_DONE,
    NOT_UPLOADED,
    UPLOADED_WITHIN,
    parts_of,
)
from unicorn_mgmt.domain.job import LONGEST_DELAY

pytestmark = pytest.mark.moto

FAULT = {"field": "lat", "detail": "must be a plain number from -90 to 90"}


@pytest.fixture
def desk(world: World) -> ImportsDesk:
    return ImportsDesk(world)


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
    job_id, event = desk.begin(csv_file(3))
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
    job_id, event = desk.begin(csv_file(9))
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
