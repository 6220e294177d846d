"""Messages that were given up: their jobs tell why, and what no job can tell of is archived."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.unicorn_mgmt.jobs_desk import LEASE, Desk
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.domain.job import LOST
from unicorn_mgmt.use_cases.job_failures import MOST_RECEIPTS

pytestmark = pytest.mark.moto

BUG = {"kind": "bug", "reason": "KeyError at unicorn_mgmt:1", "error": "KeyError"}


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def letter(
    body: str, attributes: Mapping[str, str] = BUG, *, received: int = 1, redriven: bool = False
) -> dict[str, Any]:
    system = {"ApproximateReceiveCount": str(received)}
    if redriven:
        system["DeadLetterQueueSourceArn"] = "arn:aws:sqs:us-east-1:123456789012:unicorn-mgmt-jobs"
    return {
        "messageId": f"m-{len(body)}",
        "body": body,
        "attributes": system,
        "messageAttributes": {
            name: {"dataType": "String", "stringValue": value} for name, value in attributes.items()
        },
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:unicorn-mgmt-jobs-dlq",
    }


def given_up(desk: Desk) -> tuple[str, str]:
    """A job, and its message."""
    job_id = desk.submit()
    desk.tell(job_id)
    [message] = desk.messages()
    return job_id, message


def handle(desk: Desk, *letters: dict[str, Any]) -> int:
    """How many letters stay."""
    return len(desk.failures().handle({"Records": [*letters]})["batchItemFailures"])


@pytest.mark.parametrize(
    ("attributes", "redriven", "told"),
    [
        (
            {"kind": "invalid", "reason": "there is no such kind of job", "error": "Unprocessable"},
            False,
            "This job cannot be done: there is no such kind of job.",
        ),
        (BUG, False, "This is our mistake; it is logged."),
        (
            {"kind": "transient", "reason": "throttled", "error": "ClientError"},
            False,
            "What it needs was not available for an hour.",
        ),
        ({}, True, LOST),
    ],
)
def test_a_job_tells_why_it_has_failed(
    desk: Desk, attributes: dict[str, str], redriven: bool, told: str
) -> None:
    job_id, message = given_up(desk)
    assert handle(desk, letter(message, attributes, redriven=redriven)) == 0
    found = desk.call("GET", f"/jobs/{job_id}").body
    assert (found["status"], found["reasons"]) == ("failed", [told])
    assert found["parameters"] == {"from": "2026-11-01", "to": "2026-11-20"}
    # Twice is as once.
    assert handle(desk, letter(message, attributes, redriven=redriven)) == 0
    assert desk.world.metrics.metric_set["JobsFailed"]["Value"] == [1.0]
    assert desk.archived() == []


def test_a_letter_whose_turn_is_over_ends_nothing(desk: Desk) -> None:
    job_id, message = given_up(desk)
    desk.jobs.change(job_id, lambda job: job.claim(1, desk.world.now, LEASE).hand_over(1, 1.0))
    assert handle(desk, letter(message)) == 0
    assert desk.job(job_id).state == "running"


def test_what_no_job_can_tell_of_is_archived_once_and_can_be_sent_back(desk: Desk) -> None:
    _, message = given_up(desk)
    strange = json.loads(message)
    strange["data"]["job_id"] = "nobody's"
    letters = letter("{garbage", {"reason": "not JSON", "kind": "invalid"}), letter(json.dumps(strange))
    assert handle(desk, *letters) == 0
    assert handle(desk, *letters) == 0
    assert {kept["body"]: (kept["queue"], kept["reason"].partition(":")[0]) for kept in desk.archived()} == {
        "{garbage": ("unicorn-mgmt-jobs", "no message of a job"),
        json.dumps(strange): ("unicorn-mgmt-jobs", "there is no such job"),
    }


def test_a_table_that_is_away_is_waited_for_and_not_for_ever(desk: Desk, monkeypatch: Any) -> None:
    def away(*_: Any) -> None:
        raise TimeoutError

    _, message = given_up(desk)
    monkeypatch.setattr(type(desk.jobs), "change", away)
    assert handle(desk, letter(message, received=MOST_RECEIPTS - 1)) == 1
    assert desk.archived() == []
    assert handle(desk, letter(message, received=MOST_RECEIPTS)) == 0
    [kept] = desk.archived()
    assert kept["body"] == message


def test_what_cannot_even_be_archived_stays(desk: Desk) -> None:
    desk.s3.delete_bucket(Bucket="job-archive")
    job_id, message = given_up(desk)
    assert handle(desk, letter("{garbage"), letter(message)) == 1
    assert desk.job(job_id).state == "failed"
