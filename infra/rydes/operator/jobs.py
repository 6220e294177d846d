"""Jobs of partners, as unicorn-mgmt's table has them, and the archive of messages of which no job can tell."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from infra import roster
from infra.naming import JOB_ARCHIVE_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System

TABLE: Final = "unicorn-mgmt"
"""The table that keeps jobs. tests/unit/rydes/operator/test_jobs.py holds what is read of it to the service."""
INDEX: Final = "by-partner"
JOB: Final = "job#"
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
_NEWEST: Final = 20
_BETWEEN_LOOKS: Final = 1.0
_plain = TypeDeserializer().deserialize


@dataclass(frozen=True)
class JobView:
    """A job. `details` are what else there is to say of it, in the order in which it is shown."""

    id: str
    partner: str
    kind: str
    status: str
    created_at: datetime
    ended_at: datetime | None
    details: dict[str, str]

    @property
    def took(self) -> timedelta | None:
        """How long it took, if it has ended."""
        return self.ended_at - self.created_at if self.ended_at else None


@dataclass(frozen=True)
class Archived:
    """A message that nobody could handle: its id, the queue that it was in, and why."""

    id: str
    queue: str
    reason: str
    archived_at: str


class Jobs:
    """The jobs of one environment. Methods raise botocore's errors."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._dynamodb = system.client("dynamodb")
        self._table = system.names.of(TABLE)

    def newest(self, partner: str = "") -> list[JobView]:
        """List the newest jobs of a partner, or of all, the newest first."""
        found = [job for each in ([partner] if partner else roster.partners()) for job in self._of(each)]
        return sorted(found, key=lambda job: job.created_at, reverse=True)[:_NEWEST]

    def find(self, job_id: str) -> JobView:
        """Read a job.

        Raises:
            LocalCloudError: there is none of this id.
        """
        item = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": JOB + job_id}}, ConsistentRead=True
        ).get("Item")
        if not item:
            raise LocalCloudError(f"There is no job {job_id}.", "`uv run rydes jobs` lists the newest.")
        return view_of(item)

    def follow(self, job_id: str) -> Iterator[JobView]:
        """Read a job whenever it has changed, until it has ended."""
        last = None
        while True:
            job = self.find(job_id)
            if job != last:
                yield job
            if job.status in ENDED:
                return
            last = job
            time.sleep(_BETWEEN_LOOKS)

    def archived(self) -> list[Archived]:
        """List what is in the archive."""
        return [
            Archived(
                key.removeprefix("messages/").removesuffix(".json"),
                kept["queue"],
                kept["reason"],
                kept["archived_at"],
            )
            for key, kept in self._kept()
        ]

    def send_back(self, message_id: str) -> str:
        """Put an archived message into its queue again, and name that. It is sent before it is taken out of the archive.

        Raises:
            LocalCloudError: the archive has no such message.
        """
        for key, kept in self._kept(f"messages/{message_id}.json"):
            queue = self._system.names.plain(kept["queue"])
            url = self._system.queues()[queue]
            self._system.client("sqs").send_message(QueueUrl=url, MessageBody=kept["body"])
            self._system.client("s3").delete_object(Bucket=self._archive, Key=key)
            return queue
        raise LocalCloudError(
            f"The archive has no message {message_id}.", "`uv run rydes jobs --archived` lists what it has."
        )

    @property
    def _archive(self) -> str:
        return self._system.parameters[JOB_ARCHIVE_PARAMETER]

    def _kept(self, prefix: str = "messages/") -> Iterator[tuple[str, dict[str, Any]]]:
        s3 = self._system.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self._archive, Prefix=prefix):
            for found in page.get("Contents", []):
                body = s3.get_object(Bucket=self._archive, Key=found["Key"])["Body"].read()
                yield found["Key"], json.loads(body)

    def _of(self, partner: str) -> Sequence[JobView]:
        listed = self._dynamodb.query(
            TableName=self._table,
            IndexName=INDEX,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": f"jobs#{partner}"}},
            ScanIndexForward=False,
            Limit=_NEWEST,
        )["Items"]
        if not listed:
            return []
        keys = [{"id": item["id"]} for item in listed]
        answer = self._dynamodb.batch_get_item(RequestItems={self._table: {"Keys": keys}})
        return [view_of(item) for item in answer["Responses"][self._table]]


def view_of(item: dict[str, Any]) -> JobView:
    """Read a job's item."""
    job = {name: _plain(value) for name, value in item.items() if name != "fingerprint"}
    details: dict[str, Any] = {
        "parameters": job["parameters"],
        "started": _at(job.get("started_at")),
        "done": job.get("done"),
        "share": f"{job['share']:.0%}" if "share" in job else None,
        "estimated": _at(job.get("estimated_at")),
        "result": job.get("result"),
        "reasons": "; ".join(job.get("reasons", [])) or None,
    }
    return JobView(
        job["id"].removeprefix(JOB),
        job["partner_id"],
        job["kind"],
        job["state"],
        _instant(job["listed_at"]),
        _instant(job["ended_at"]) if "ended_at" in job else None,
        {name: str(value) for name, value in details.items() if value is not None},
    )


def _instant(milliseconds: Any) -> datetime:  # noqa: ANN401 - a Decimal
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _at(milliseconds: Any) -> str | None:  # noqa: ANN401 - a Decimal, or None
    return None if milliseconds is None else f"{_instant(milliseconds):%H:%M:%S}"
