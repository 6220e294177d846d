"""Partners' jobs on the deployed stacks, with IAM enforced: they end once, whatever happens to their workers and messages."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.workers import running
from tests.support.clients import key
from tests.support.jobs import a_long_job, ended, plant, stored, today
from tests.support.machines import Machine
from tests.support.patience import PATIENCE, eventually
from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.domain.job import Job
from unicorn_mgmt.domain.job_turn import turn_due
from unicorn_mgmt.domain.partner_ride import Completed, Terms, asked
from wild_rydes_contracts import Money
from wild_rydes_runtime.ids import new_uuid7

QUEUE, WORKER = "unicorn-mgmt-jobs", "unicorn-mgmt-jobs"


def statement() -> dict[str, Any]:
    return {"kind": "ride-statement", "parameters": today()}


@pytest.fixture(scope="module")
def comet(cloud: Cloud) -> Iterator[Machine]:
    machine = Machine(cloud, partner="p-comet")
    yield machine
    machine.remove()


@pytest.fixture(scope="module")
def pegasus(cloud: Cloud) -> Iterator[Machine]:
    machine = Machine(cloud, partner="p-pegasus")
    yield machine
    machine.remove()


@dataclass
class Rides:
    """Rides that comet has driven a moment ago."""

    count: int
    total: str


@pytest.fixture(scope="module")
def rides(cloud: Cloud) -> Rides:
    table = PartnerRideTable(cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt"))
    now = datetime.now(UTC)
    for i in range(30):
        at = now - timedelta(seconds=i)
        terms = Terms(
            f"rfq-of-a-statement-{i}", "c-1", Money.model_validate({"amount": "10.10", "currency": "CHF"})
        )
        ride = asked(f"statement-{i}", "p-comet", terms, at, at).heard(Completed(), at)
        table.change("p-comet", ride.id, lambda _, ride=ride: ride)  # type: ignore[misc]
    return Rides(30, "303.00")


def kill_workers(cloud: Cloud) -> None:
    """Kill -9 all workers of jobs."""
    state = emulator.running(cloud.settings.run_dir)
    assert state
    for worker in running(state.pid):
        if worker.function == cloud.names.of(WORKER):
            worker.kill()


@pytest.fixture(scope="module", autouse=True)
def bereaved(cloud: Cloud, comet: Machine, rides: Rides) -> str:
    """The id of a job whose worker was killed in the midst of it. Its message comes again after a minute and a half."""
    kill_workers(cloud)  # new ones are slow at their first step, so that they can be met at it
    for _ in range(10):
        job_id = str(comet.jobs.post("/jobs", json=statement()).json()["id"])
        give_up = time.monotonic() + PATIENCE
        while (job := stored(cloud, job_id)).attempt == 0 and time.monotonic() < give_up:
            time.sleep(0.01)
        kill_workers(cloud)
        if not (job := stored(cloud, job_id)).ended:
            assert (job.state, job.attempt) == ("running", 1)
            return job_id
    raise AssertionError("no worker was met at its work")


def lines(url: str) -> list[dict[str, Any]]:
    answer = httpx.get(url, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_job_is_accepted_followed_and_done(comet: Machine, rides: Rides) -> None:
    accepted = comet.jobs.post("/jobs", json=statement(), headers=key())
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == accepted.json()["links"]["self"]
    assert int(accepted.headers["Retry-After"]) >= 1
    assert accepted.json()["estimated-completion-at"] > accepted.json()["created-at"]
    done = ended(comet.jobs, accepted.headers["Location"])
    assert done["status"] == "succeeded", done
    assert done["result"]["rides"] >= rides.count
    assert {"rides": rides.count, "total": {"amount": rides.total, "currency": "CHF"}} in done["result"][
        "totals"
    ]
    *told, totals = lines(done["result"]["url"])
    assert {f"statement-{i}" for i in range(rides.count)} <= {line["ride-id"] for line in told}
    assert (totals["type"], totals["rides"]) == ("totals", len(told))
    assert accepted.json()["id"] in [job["id"] for job in comet.jobs.get("/jobs").json()["jobs"]]


def test_the_link_to_a_statement_is_all_that_lets_anybody_read_it(comet: Machine) -> None:
    done = ended(comet.jobs, comet.jobs.post("/jobs", json=statement()).headers["Location"])
    url = done["result"]["url"]
    bare = httpx.get(url.partition("?")[0], timeout=PATIENCE)
    assert bare.status_code == 403
    assert (
        comet.jobs.get(done["links"]["self"]).json()["result"]["url"].partition("?")[0]
        == url.partition("?")[0]
    )


def test_who_would_wait_gets_the_end_with_the_answer_and_a_status_document(comet: Machine) -> None:
    answer = comet.jobs.post("/jobs", json=statement(), headers={"Prefer": "wait=20, status-document"})
    assert answer.headers["Preference-Applied"] == "wait=20, status-document"
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded"), answer.text
    document = eventually(
        lambda: httpx.get(answer.json()["links"]["status-document"], timeout=PATIENCE),
        "the status document",
        lambda found: found.status_code == 200 and found.json()["status"] == "succeeded",
    )
    assert document.json()["id"] == answer.json()["id"]


def test_a_job_is_cancelled_and_one_that_has_ended_is_not(cloud: Cloud, comet: Machine) -> None:
    job_id = a_long_job(cloud, "p-comet")
    assert [comet.jobs.delete(f"/jobs/{job_id}").status_code for _ in range(2)] == [204, 204]
    assert comet.jobs.get(f"/jobs/{job_id}").json()["status"] == "cancelled"
    done = ended(comet.jobs, comet.jobs.post("/jobs", json=statement()).headers["Location"])
    assert comet.jobs.delete(done["links"]["self"]).status_code == 409


def test_a_worker_that_was_killed_when_the_file_was_complete_is_followed_by_one_that_sees_it(
    cloud: Cloud, comet: Machine
) -> None:
    done = ended(comet.jobs, comet.jobs.post("/jobs", json=statement()).headers["Location"])
    bucket = urlsplit(done["result"]["url"]).path.split("/")[1]
    s3, job_id = cloud.client("s3"), str(new_uuid7(datetime.now(UTC)))
    file = {"Bucket": bucket, "Key": f"statements/p-comet/{job_id}.ndjson"}
    s3.put_object(**file, Body=b"{}")
    at = {
        "upload": "one-that-is-no-more",
        "parts": [[1, '"etag"']],
        "sums": {"USD": [7, "7.00"]},
        "after": None,
        "whole": True,
    }
    plant(cloud, "p-comet", id=job_id, state="running", attempt=1, checkpoint=at)
    assert ended(comet.jobs, f"/jobs/{job_id}")["result"]["rides"] == 7


def test_a_job_that_nobody_can_do_says_why(cloud: Cloud, comet: Machine) -> None:
    """Its message is given up, and its dead letter is told of."""
    job = plant(cloud, "p-comet", kind="of-tomorrow")
    failed = ended(comet.jobs, f"/jobs/{job.id}")
    assert (failed["status"], failed["reasons"]) == (
        "failed",
        ["This job cannot be done: there is no such kind of job."],
    )
    assert failed["parameters"] == dict(job.parameters)


def test_a_message_of_no_job_is_archived(cloud: Cloud) -> None:
    stray = turn_due(None, Job("of-nobody", "p-comet", "ride-statement", {}, datetime.now(UTC)))
    assert stray
    url = cloud.queues()[QUEUE]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody=stray.to_json())
    bucket = cloud.parameters["/wild-rydes/unicorn-mgmt/job-archive"]
    s3 = cloud.client("s3")

    def archived() -> list[dict[str, Any]]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="messages/").get("Contents", [])
        kept = [json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in found]
        return [each for each in kept if each["body"] == stray.to_json()]

    [kept] = eventually(archived, "the message archived")
    assert kept["reason"] == "there is no such job"


def test_messages_that_come_again_change_nothing(cloud: Cloud, comet: Machine, rides: Rides) -> None:
    done = ended(comet.jobs, comet.jobs.post("/jobs", json=statement(), headers=key()).headers["Location"])
    before = stored(cloud, done["id"])
    again = turn_due(None, replace(before, ended_at=None, turn=1))
    assert again
    url, sqs = cloud.queues()[QUEUE], cloud.client("sqs")
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=again.to_json())
    # Three more jobs pass through the same queue meanwhile.
    for _ in range(3):
        ended(comet.jobs, comet.jobs.post("/jobs", json=statement()).headers["Location"])
    assert stored(cloud, done["id"]) == before


def test_a_submission_that_comes_again_is_about_the_same_job(comet: Machine) -> None:
    repeated = key()
    first, second = (comet.jobs.post("/jobs", json=statement(), headers=repeated) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    other = {**statement(), "parameters": {"from": "2026-01-01", "to": "2026-01-01"}}
    assert comet.jobs.post("/jobs", json=other, headers=repeated).status_code in (400, 422)


def test_another_partners_job_is_not_there(comet: Machine, pegasus: Machine) -> None:
    accepted = comet.jobs.post("/jobs", json=statement())
    url = accepted.headers["Location"]
    assert [pegasus.jobs.get(url).status_code, pegasus.jobs.delete(url).status_code] == [404, 404]
    theirs = pegasus.jobs.post("/jobs", json=statement(), headers={"Prefer": "wait=20"}).json()
    assert not [line for line in lines(theirs["result"]["url"]) if "statement-" in line.get("ride-id", "")]
    assert accepted.json()["id"] not in pegasus.jobs.get("/jobs").text


def test_a_job_whose_worker_was_killed_is_done_by_another(
    cloud: Cloud, comet: Machine, bereaved: str, rides: Rides
) -> None:
    done = ended(comet.jobs, f"/jobs/{bereaved}")
    assert done["status"] == "succeeded"
    assert stored(cloud, bereaved).attempt == 2
    *told, totals = lines(done["result"]["url"])
    assert totals["rides"] == len(told) == len({line["ride-id"] for line in told}) >= rides.count
