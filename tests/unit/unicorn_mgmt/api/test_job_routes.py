"""The Jobs API: jobs are begun once, seen by their own partner alone, and waited for as long as that is wanted."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support import aws
from tests.support.unicorn_mgmt.jobs_desk import BODY, KEY, PERIOD, Desk
from tests.support.unicorn_mgmt.world import NOW, World
from unicorn_mgmt.api.job_routes import LONGEST_WAIT, PAGE_SIZE

pytestmark = pytest.mark.moto  # the model of S3 knows no uploads in parts


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_job_is_accepted_with_where_to_follow_it(desk: Desk) -> None:
    answer = desk.call("POST", body=BODY)
    assert answer.status == 202
    id_ = answer.body["id"]
    assert answer.headers["location"] == answer.body["links"]["self"]
    assert answer.headers["location"].endswith(f"/v1/jobs/{id_}")
    assert answer.body | {"links": None} == {
        "id": id_,
        "kind": "ride-statement",
        "status": "pending",
        "parameters": PERIOD,
        "created-at": "2026-11-21T09:00:00Z",
        "estimated-completion-at": "2026-11-21T09:00:03Z",
        "links": None,
    }
    assert answer.headers["retry-after"] == "3"
    assert "preference-applied" not in answer.headers
    assert desk.call("GET", f"/jobs/{id_}").body == answer.body


def test_progress_and_the_result_are_seen_and_the_link_is_new_each_time(desk: Desk) -> None:
    desk.drive(["10.50", "2.00", "7.25"])
    desk.drive(["8.00"], currency="CHF")
    id_ = desk.submit()
    desk.run(id_)
    found = desk.call("GET", f"/jobs/{id_}")
    assert found.body["status"] == "succeeded"
    assert found.body["progress"] == {"done": 4, "percent": 100}
    assert "retry-after" not in found.headers
    result = found.body["result"]
    assert (result["rides"], result["totals"]) == (
        4,
        [
            {"rides": 1, "total": {"amount": "8.00", "currency": "CHF"}},
            {"rides": 3, "total": {"amount": "19.75", "currency": "USD"}},
        ],
    )
    assert result["url-expires-at"] == "2026-11-21T09:05:00Z"
    desk.world.now += timedelta(hours=1)
    assert desk.call("GET", f"/jobs/{id_}").body["result"]["url-expires-at"] == "2026-11-21T10:05:00Z"


def test_the_same_key_is_the_same_job_and_another_body_is_refused(desk: Desk) -> None:
    first = desk.call("POST", body=BODY, Idempotency_Key="k")
    again = desk.call("POST", body=BODY, Idempotency_Key="k")
    assert (again.status, again.body) == (202, first.body)
    other = {**BODY, "parameters": {**PERIOD, "to": "2026-11-10"}}
    assert desk.call("POST", body=other, Idempotency_Key="k").status == 422
    # The key is the partner's: another one's is another.
    assert desk.call("POST", body=other, partner="p-pegasus", Idempotency_Key="k").status == 202
    assert desk.call("POST", body=BODY, Idempotency_Key="a,b").body["errors"][0]["field"] == "Idempotency-Key"


def test_whoever_would_wait_gets_the_result_with_the_answer(desk: Desk) -> None:
    def meanwhile() -> None:
        desk.run("00000000-0000-0000-0000-000000000001")

    desk.meanwhile = meanwhile
    answer = desk.call("POST", body=BODY, Prefer="respond-async, wait=10")
    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert answer.headers["preference-applied"] == "respond-async, wait=10"
    assert "location" not in answer.headers
    # A repetition is answered at once, although its job has not ended this very moment.
    assert sum(desk.waited) < 1


@pytest.mark.parametrize(
    ("prefer", "applied", "waits"),
    [
        ("wait=3", "wait=3", 3),
        ("wait=600", f"wait={LONGEST_WAIT}", LONGEST_WAIT),
        ("wait=0", None, 0),
        ("wait=soon", None, 0),
        ("respond-async", "respond-async", 0),
        ("handling=lenient", None, 0),
    ],
)
def test_a_wait_ends_when_its_time_is_over(desk: Desk, prefer: str, applied: str | None, waits: int) -> None:
    answer = desk.call("POST", body=BODY, Prefer=prefer)
    assert (answer.status, answer.body["status"]) == (202, "pending")
    assert answer.headers.get("preference-applied") == applied
    assert sum(desk.waited) == pytest.approx(waits)


def test_a_status_document_is_kept_where_that_is_preferred(desk: Desk) -> None:
    answer = desk.call("POST", body=BODY, Prefer="status-document")
    id_ = answer.body["id"]
    assert answer.headers["preference-applied"] == "status-document"
    assert f"/status/{id_}.json?" in answer.body["links"]["status-document"]
    desk.tell(id_)
    assert desk.document(id_) == {
        "id": id_,
        "status": "pending",
        "created-at": "2026-11-21T09:00:00Z",
        "estimated-completion-at": "2026-11-21T09:00:03Z",
    }
    desk.run(id_)
    assert desk.document(id_)["status"] == "succeeded"


def test_a_job_is_cancelled_once_and_one_that_has_ended_is_not(desk: Desk) -> None:
    cancelled, ended = desk.submit(), desk.submit()
    assert [desk.call("DELETE", f"/jobs/{cancelled}").status for _ in range(2)] == [204, 204]
    assert desk.call("GET", f"/jobs/{cancelled}").body["status"] == "cancelled"
    desk.run(ended)
    refused = desk.call("DELETE", f"/jobs/{ended}")
    assert (refused.status, refused.body["detail"]) == (
        409,
        "The job has succeeded. There is nothing to cancel.",
    )


def test_another_partners_job_is_as_one_that_is_not_there(desk: Desk) -> None:
    id_ = desk.submit()
    for method in ("GET", "DELETE"):
        foreign = desk.call(method, f"/jobs/{id_}", partner="p-pegasus")
        missing = desk.call(method, "/jobs/00000000-0000-0000-0000-00000000000f", partner="p-pegasus")
        assert (foreign.status, foreign.body) == (missing.status, missing.body) == (404, missing.body)
        assert desk.call(method, "/jobs/x").status == 404
    assert desk.job(id_).state == "pending"
    assert desk.call("GET", partner="p-pegasus").body["jobs"] == []


def test_jobs_are_listed_page_by_page_newest_first(desk: Desk) -> None:
    made = []
    for _ in range(PAGE_SIZE + 2):
        desk.world.now += timedelta(seconds=1)
        made.append(desk.submit())
    aws.reads.catch_up()
    first = desk.call("GET")
    second = desk.call("GET", first.body["links"]["next"].partition("/v1")[2])
    assert [job["id"] for job in [*first.body["jobs"], *second.body["jobs"]]] == made[::-1]
    assert "next" not in second.body["links"]
    assert len(first.body["jobs"]) == PAGE_SIZE


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 32 + "!"])
def test_a_cursor_that_is_none(desk: Desk, cursor: str) -> None:
    refused = desk.call("GET", f"/jobs?cursor={cursor}")
    assert (refused.status, refused.body["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"group": "customers"}, 403),
        ({"partner": None}, 403),
        ({"key": None}, 403),
        ({"own_key": "another's"}, 403),
        ({}, 200),
    ],
)
def test_callers_are_machine_clients_of_partners_each_with_its_own_key(
    desk: Desk, who: dict[str, Any], status: int
) -> None:
    assert desk.call("GET", **who).status == status
    assert KEY not in desk.world.stream.getvalue()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": 7}, ["kind"]),
        ({"kind": "magic", "parameters": {}}, ["kind"]),
        ({"kind": "ride-statement"}, ["parameters"]),
        ({**BODY, "more": 1}, ["more"]),
        ({**BODY, "parameters": {}}, ["parameters.from", "parameters.to"]),
        ({**BODY, "parameters": {**PERIOD, "to": 5}}, ["parameters.to"]),
        ({**BODY, "parameters": {**PERIOD, "to": "2026-11-20T09:00:00Z"}}, ["parameters.to"]),
        ({**BODY, "parameters": {"from": "2026-11-21", "to": "2026-11-22"}}, ["parameters.to"]),
        ({**BODY, "parameters": {"from": "2026-11-21", "to": "2026-11-20"}}, ["parameters.to"]),
        ({**BODY, "parameters": {"from": "2026-08-12", "to": "2026-11-20"}}, ["parameters.from"]),
        (
            {**BODY, "parameters": {"from": "0001-01-01", "to": "9999-12-31"}},
            ["parameters.from", "parameters.to"],
        ),
    ],
)
def test_what_is_wrong_with_a_request_is_said_of_each_field(desk: Desk, body: Any, fields: list[str]) -> None:
    refused = desk.call("POST", body=body)
    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (400, fields)
    assert desk.call("GET").body["jobs"] == []


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "NaN"])
def test_a_body_that_is_none(desk: Desk, body: str) -> None:
    assert desk.call("POST", body=body).status == 400


def test_the_estimate_counts_those_before_and_learns_from_those_that_are_done(desk: Desk) -> None:
    for _ in range(4):
        desk.tell(desk.submit())
    behind = desk.call("POST", body=BODY)
    # Four wait for two workers: three have to end before it begins.
    assert behind.body["estimated-completion-at"] == "2026-11-21T09:00:06Z"
    desk.measures.learn("ride-statement", 0, waited=0.5, busy=8.0)
    aws.reads.catch_up()
    later = desk.call("POST", body=BODY)
    assert later.body["estimated-completion-at"] == "2026-11-21T09:00:20.500000Z"


def test_a_job_needs_no_estimate(desk: Desk) -> None:
    desk.world.sqs.delete_queue(QueueUrl=desk.queue)
    answer = desk.call("POST", body=BODY)
    assert answer.status == 202
    assert "estimated-completion-at" not in answer.body
    assert answer.headers["retry-after"] == "1"


def test_nothing_of_what_was_asked_is_logged(desk: Desk) -> None:
    desk.call("POST", body={"kind": "secret-kind", "parameters": {"secret": 1}})
    assert "secret" not in json.dumps(desk.world.logs)


def test_now_is_the_worlds(desk: Desk) -> None:
    assert desk.world.now == NOW
