"""What operators see of jobs is what the service writes, and an archived message goes back whole."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.naming import JOB_ARCHIVE_PARAMETER, Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.jobs import ENDED, INDEX, JOB, TABLE, Jobs
from tests.support import aws
from tests.support.unicorn_mgmt.jobs_desk import ARCHIVE, LEASE, Desk
from tests.support.unicorn_mgmt.world import TABLE as ITS_TABLE
from tests.support.unicorn_mgmt.world import a_world
from unicorn_mgmt.adapters import job_table
from unicorn_mgmt.domain.job import STATES, Progress

pytestmark = pytest.mark.moto


class System:
    """A deployed system of one table, one queue and one bucket."""

    names = Names("")
    parameters = {JOB_ARCHIVE_PARAMETER: ARCHIVE}  # noqa: RUF012 - read alone

    def __init__(self, desk: Desk) -> None:
        self._clients = {"dynamodb": desk.world.dynamodb, "sqs": desk.world.sqs, "s3": desk.s3}
        self._queue = desk.queue

    def client(self, service: str) -> Any:
        return self._clients[service]

    def queues(self) -> dict[str, str]:
        return {"unicorn-mgmt-jobs": self._queue}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")
    with a_world(aws.account) as world:
        yield Desk(world)


@pytest.fixture
def jobs(desk: Desk) -> Jobs:
    return Jobs(System(desk))  # type: ignore[arg-type]


def test_names_are_the_services() -> None:
    assert (TABLE, INDEX, JOB) == (ITS_TABLE, job_table.BY_PARTNER, job_table.JOB)
    assert ENDED | {"pending", "running"} == {*STATES}


def test_a_job_is_shown_as_it_is(desk: Desk, jobs: Jobs) -> None:
    job_id = desk.submit()
    desk.jobs.change(job_id, lambda job: job.claim(1, desk.world.now, LEASE).keep(1, {}, Progress(7, 0.25)))
    job = jobs.find(job_id)
    assert (job.partner, job.kind, job.status, job.took) == ("p-comet", "ride-statement", "running", None)
    assert (job.details["done"], job.details["share"], job.details["estimated"]) == ("7", "25%", "09:00:03")
    desk.world.now += timedelta(seconds=4)
    desk.jobs.change(job_id, lambda job: job.fail(("because",), desk.world.now))
    job = jobs.find(job_id)
    assert (job.status, job.took, job.details["reasons"]) == ("failed", timedelta(seconds=4), "because")
    with pytest.raises(LocalCloudError, match="no job"):
        jobs.find("nobody's")


def test_the_newest_of_all_partners_are_listed_first(desk: Desk, jobs: Jobs) -> None:
    ids = []
    for partner in ("p-comet", "p-pegasus", "p-comet"):
        desk.world.now += timedelta(seconds=1)
        ids.append(desk.submit(partner=partner))
    aws.reads.catch_up()
    assert [job.id for job in jobs.newest()] == ids[::-1]
    assert [job.id for job in jobs.newest("p-pegasus")] == [ids[1]]


def test_a_job_is_followed_until_it_has_ended(desk: Desk, jobs: Jobs, monkeypatch: Any) -> None:
    job_id = desk.submit()
    monkeypatch.setattr("infra.rydes.operator.jobs.time.sleep", lambda _: desk.run(job_id))
    assert [job.status for job in jobs.follow(job_id)] == ["pending", "succeeded"]


def test_an_archived_message_goes_back_as_it_was(desk: Desk, jobs: Jobs) -> None:
    record = {
        "messageId": "m-1",
        "body": "{garbage",
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:unicorn-mgmt-jobs-dlq",
    }
    desk.failures().handle({"Records": [record]})
    [kept] = jobs.archived()
    assert (kept.id, kept.queue) == ("m-1", "unicorn-mgmt-jobs")
    assert jobs.send_back("m-1") == "unicorn-mgmt-jobs"
    assert desk.messages() == ["{garbage"]
    assert jobs.archived() == []
    with pytest.raises(LocalCloudError, match="no message"):
        jobs.send_back("m-1")
