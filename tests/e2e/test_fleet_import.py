"""Imports of fleets on the deployed stacks, with IAM enforced: they end once, with the right report, whatever happens."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import key
from tests.support.crasher import Crash, Crasher
from tests.support.fleet_files import HEADER, csv_file
from tests.support.jobs import ENDED, ended, plant, stored
from tests.support.machines import Machine
from tests.support.patience import PATIENCE, eventually
from tests.support.uploads import complete, send, send_parts
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.fleet_import import NOT_UPLOADED, upload_key
from unicorn_mgmt.domain.vehicle import responder_id
from wild_rydes_contracts.instants import truncated

CHUNK = "unicorn-mgmt-import-chunk"
MACHINE, DEAD_LETTERS = "unicorn-mgmt-imports", "unicorn-mgmt-imports-dlq"
ROWS, BAD = 100_000, {*range(0, 100_000, 100)}

Json = dict[str, Any]


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


def asked(machine: Machine, content: bytes, **more: Any) -> Json:
    """A job that waits for this file."""
    body = {"kind": "fleet-import", "parameters": {"format": "csv", "size": len(content), **more}}
    accepted = machine.jobs.post("/jobs", json=body, headers=key())
    assert accepted.status_code == 202, accepted.text
    job: Json = accepted.json()
    return job


def imported(machine: Machine, content: bytes, **more: Any) -> Json:
    """A job that has ended, and whose file this was."""
    job = asked(machine, content, **more)
    send(job["upload"], content)
    done: Json = ended(machine.jobs, job["links"]["self"])
    return done


def counts(job: Json) -> list[int]:
    assert job["status"] == "succeeded", job
    return [job["result"][name] for name in ("rows", "bad-rows", "created", "changed", "same")]


def machine_arn(cloud: Cloud) -> str:
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    [arn] = [m["stateMachineArn"] for m in machines if m["name"] == cloud.names.of(MACHINE)]
    return str(arn)


def started(cloud: Cloud, key_: str, size: int) -> str:
    """Start an execution as the rule does by an event of S3, and return its ARN."""
    execution = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine_arn(cloud), input=json.dumps({"key": key_, "size": size})
    )
    return str(execution["executionArn"])


def finished(cloud: Cloud, execution: str) -> Json:
    machines = cloud.client("stepfunctions")
    return eventually(
        lambda: machines.describe_execution(executionArn=execution),
        "an execution ended",
        lambda seen: seen["status"] != "RUNNING",
    )


@dataclass
class Large:
    """An import of 100,000 rows, of whose workers one was killed, and whose event has come twice."""

    job: Json
    progress: list[int]
    executions: list[str]
    killed: bool


@pytest.fixture(scope="module")
def large(cloud: Cloud, comet: Machine) -> Large:
    content = csv_file(ROWS, bad=BAD)
    crash = Crash(cloud.names.of(CHUNK), "BatchWriteItem", carried_out=True)
    crasher, progress = Crasher(cloud), []
    with crasher.between(cloud.client("lambda"), [cloud.names.of(CHUNK)]):
        crasher.arm(crash, '"v-5001"')
        job = asked(comet, content)
        send(job["upload"], content)
        key_ = upload_key("p-comet", job["id"])
        executions = [started(cloud, key_, len(content))]

        def look() -> Json:
            shown: Json = comet.jobs.get(job["links"]["self"]).json()
            progress.append(shown.get("progress", {}).get("percent", 0))
            return shown

        done = eventually(look, "100,000 rows imported", lambda shown: shown["status"] in ENDED, (0.5, 1.0))
        executions.append(started(cloud, key_, len(content)))
        return Large(done, progress, executions, crash not in crasher.armed)


def test_100_000_rows_are_imported_though_a_worker_is_killed_and_events_come_twice(
    cloud: Cloud, large: Large
) -> None:
    assert large.killed
    assert counts(large.job) == [ROWS, len(BAD), ROWS - len(BAD), 0, 0]
    *faults, totals = [
        json.loads(line)
        for line in httpx.get(large.job["result"]["report"], timeout=PATIENCE).text.splitlines()
    ]
    told = {"field": "lat", "detail": "must be a plain number from -90 to 90"}
    assert faults == [{"line": row + 2, **told} for row in sorted(BAD)]
    assert totals == {
        "type": "totals", "rows": ROWS, "bad": len(BAD), "created": ROWS - len(BAD), "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert [finished(cloud, each)["status"] for each in large.executions] == ["SUCCEEDED"] * 2
    assert stored(cloud, large.job["id"]).attempt == 1
    assert large.progress == sorted(large.progress)
    assert len({*large.progress}) > 3


def test_a_second_import_writes_only_what_differs(cloud: Cloud, comet: Machine, large: Large) -> None:
    dearer = {*range(1, 1000, 100)}
    content = csv_file(2000, bad=BAD, dearer=dearer)
    done = imported(comet, content, sha256=hashlib.sha256(content).hexdigest())
    assert counts(done) == [2000, 20, 0, 10, 1970]
    vehicles = VehicleTable(cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt-vehicles"))
    cards = [vehicles.get(responder_id("p-comet", f"v-{i}")) for i in (1, 2)]
    assert [str(each.rate_card.base) for each in cards if each] == ["9.99", "2.5"]
    again = imported(comet, content)
    assert again["result"] == {"sha256": hashlib.sha256(content).hexdigest(), "unchanged": True}


@pytest.mark.parametrize(
    ("content", "declared", "reason"),
    [
        (b"PK\x03\x04" + b"\0" * 99, {}, "The file is a ZIP archive"),
        (csv_file(3), {"sha256": "0" * 64}, "The file has another SHA-256 than was declared"),
        (csv_file(3), {"format": "ndjson"}, "The file is no NDJSON"),
    ],
)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(
    pegasus: Machine, content: bytes, declared: Json, reason: str
) -> None:
    done = imported(pegasus, content, **declared)
    assert done["status"] == "failed"
    assert reason in done["reasons"][0]


def test_a_file_that_lacks_a_part_is_refused(pegasus: Machine) -> None:
    content = HEADER.encode() + b"\n" * (8 * 1024 * 1024)
    job = asked(pegasus, content)
    first, _ = job["upload"]["parts"]
    tags = send_parts({**job["upload"], "parts": [first]}, content)
    assert complete(job["upload"], tags).status_code == 200
    [reason] = ended(pegasus.jobs, job["links"]["self"])["reasons"]
    assert reason == f"The file has {8 * 1024 * 1024} bytes, and {len(content)} were declared."


def test_an_upload_that_is_never_completed_fails_when_its_time_is_over(cloud: Cloud) -> None:
    until = truncated(datetime.now(UTC)) + timedelta(seconds=1)
    job = plant(
        cloud, "p-nimbus", kind="fleet-import", checkpoint={"upload": "one-that-is-gone"}, awaits_until=until
    )
    failed = eventually(lambda: stored(cloud, job.id), "the job failed", lambda seen: seen.ended)
    assert (failed.state, failed.reasons) == ("failed", (NOT_UPLOADED,))


def test_a_partner_has_one_open_import_and_may_cancel_it(pegasus: Machine) -> None:
    content = csv_file(3)
    job = asked(pegasus, content)
    body = {"kind": "fleet-import", "parameters": {"format": "csv", "size": 7}}
    refused = pegasus.jobs.post("/jobs", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "import-open")
    assert refused.headers["Location"] == job["links"]["self"]
    assert pegasus.jobs.delete(job["links"]["self"]).status_code == 204
    # What is uploaded all the same is left alone.
    send(job["upload"], content)
    assert counts(imported(pegasus, content))[0] == 3
    assert pegasus.jobs.get(job["links"]["self"]).json()["status"] == "cancelled"


def test_a_part_goes_where_its_url_says_and_nowhere_else(pegasus: Machine) -> None:
    content = csv_file(4)
    job = asked(pegasus, content)
    url = job["upload"]["parts"][0]["url"]
    for wrong, sent in (
        (url.partition("?")[0], content),
        (url.replace("p-pegasus", "p-comet"), content),
        (url.replace("X-Amz-Expires=", "X-Amz-Expires=9"), content),
        (url, content + b"\n"),  # of another size
    ):
        assert httpx.put(wrong, content=sent, timeout=PATIENCE).status_code == 403, wrong
    # No part: there is nothing of which a file could be made.
    assert complete(job["upload"], [(1, '"0"')]).status_code == 400
    tags = send_parts(job["upload"], content)
    assert complete(job["upload"], tags).status_code == 200
    assert counts(ended(pegasus.jobs, job["links"]["self"]))[0] == 4


def test_a_url_works_no_longer_than_its_job_waits(cloud: Cloud, pegasus: Machine) -> None:
    job = asked(pegasus, csv_file(5))
    soon = truncated(datetime.now(UTC)) + timedelta(seconds=2)
    jobs = JobTable(cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt"))
    jobs.change(job["id"], lambda found: replace(found, awaits_until=soon))
    upload = pegasus.jobs.get(job["links"]["self"]).json()["upload"]
    eventually(
        lambda: httpx.put(upload["parts"][0]["url"], content=csv_file(5), timeout=PATIENCE),
        "the URL expired",
        lambda answer: answer.status_code == 403,
    )
    eventually(
        lambda: pegasus.jobs.get(job["links"]["self"]),
        "the upload over",
        lambda answer: "upload" not in answer.json(),
    )
    assert pegasus.jobs.delete(job["links"]["self"]).status_code == 204


def test_an_execution_that_comes_to_no_good_end_is_kept(cloud: Cloud) -> None:
    machines, sqs = cloud.client("stepfunctions"), cloud.client("sqs")
    execution = started(cloud, upload_key("p-comet", f"{uuid.uuid4()}") + "-of-nobody", 7)
    machines.stop_execution(executionArn=execution)
    url = cloud.queues()[DEAD_LETTERS]
    letters: list[str] = []

    def kept() -> str:
        letters.extend(m["Body"] for m in sqs.receive_message(QueueUrl=url).get("Messages", []))
        return next((letter for letter in letters if execution in letter), "")

    assert "of-nobody" in eventually(kept, "the execution kept")
