"""Jobs of partners, as the end-to-end tests begin, plant and follow them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.rydes.cloud.cloud import Cloud
from tests.support.patience import eventually
from unicorn_mgmt.adapters.job_table import JobTable, to_item
from unicorn_mgmt.domain.job import Job
from wild_rydes_contracts.instants import truncated
from wild_rydes_runtime.ids import new_uuid7

ENDED = ("succeeded", "failed", "cancelled")


def today() -> dict[str, str]:
    """The parameters of a statement of today. A test that runs at midnight is about two days."""
    now = datetime.now(UTC)
    return {"from": (now - timedelta(minutes=10)).date().isoformat(), "to": now.date().isoformat()}


def plant(cloud: Cloud, partner: str, **more: Any) -> Job:
    """Write a job into the table, as it is after some of its way."""
    now = truncated(datetime.now(UTC))
    job = Job(
        more.pop("id", str(new_uuid7(now))),
        partner,
        more.pop("kind", "ride-statement"),
        today(),
        now,
        revision=1,
        **more,
    )
    cloud.client("dynamodb").put_item(
        TableName=cloud.names.of("unicorn-mgmt"), Item={**to_item(job), "fingerprint": {"B": b"x"}}
    )
    return job


def a_long_job(cloud: Cloud, partner: str) -> str:
    """The id of a job whose worker is at it for ten minutes to come."""
    until = truncated(datetime.now(UTC)) + timedelta(minutes=10)
    return plant(cloud, partner, state="running", attempt=1, tries=1, leased_until=until).id


def stored(cloud: Cloud, job_id: str) -> Job:
    """A job as it is in the table."""
    job = JobTable(cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt")).get(job_id)
    assert job
    return job


def ended(jobs: httpx.Client, url: str) -> Any:
    """What a job shows when it has ended."""
    shown = eventually(
        lambda: jobs.get(url), "the job ended", lambda answer: answer.json()["status"] in ENDED
    )
    return shown.json()
