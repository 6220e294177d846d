"""What the stream of the table tells of jobs: turns, and status documents."""

import json
from typing import Any

import pytest

from tests.support.unicorn_mgmt.jobs_desk import ARCHIVE, BODY, BUCKET, LEASE, Desk
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.adapters.job_table import JOB
from wild_rydes_messaging.deliver import DeliveryError

pytestmark = pytest.mark.moto


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_record_that_comes_twice_sends_the_same_message(desk: Desk) -> None:
    record = desk.tell(desk.submit())
    desk.outbox().handle({"Records": [record, record]})
    first, *again = desk.messages()
    assert again == [first, first]
    assert json.loads(first)["data"] == {"job_id": "00000000-0000-0000-0000-000000000001", "turn": 1}


def test_a_claim_and_progress_send_nothing(desk: Desk) -> None:
    job_id = desk.submit()
    desk.tell(job_id)
    desk.messages()
    desk.jobs.change(job_id, lambda job: job.claim(1, desk.world.now, LEASE))
    desk.tell(job_id)
    desk.jobs.change(job_id, lambda job: job.keep(1, {"at": 1}, None))
    desk.tell(job_id)
    assert desk.messages() == []


def test_a_record_that_is_no_job_stops_nobody(desk: Desk) -> None:
    job_id = desk.submit()
    bad = {"eventID": "7", "dynamodb": {"Keys": {"id": {"S": f"{JOB}x"}}, "NewImage": {"state": {"S": "?"}}}}
    gone = {"eventID": "8", "dynamodb": {"Keys": {"id": {"S": f"{JOB}y"}}}}
    desk.outbox().handle({"Records": [bad, gone, desk.world.record(f"{JOB}{job_id}", None)]})
    assert len(desk.messages()) == 1
    [parked] = desk.world.parked()
    assert parked["event_id"] == "7"


def test_a_queue_that_is_away_brings_the_batch_again(desk: Desk) -> None:
    job_id = desk.submit()
    desk.world.sqs.delete_queue(QueueUrl=desk.queue)
    with pytest.raises(DeliveryError):
        desk.tell(job_id)


def test_no_turn_waits_for_a_document(desk: Desk) -> None:
    for bucket in (BUCKET, ARCHIVE):
        desk.s3.delete_bucket(Bucket=bucket)
    answer: Any = desk.call("POST", body=BODY, Prefer="status-document")
    desk.tell(answer.body["id"])
    assert len(desk.messages()) == 1
    assert desk.world.metrics.metric_set["StatusDocumentsFailed"]["Value"] == [1.0]
