"""The table's items `job#<id>`: one for each job. Each is gone a month after it was made.

What a kind of job says in its own words (parameters, checkpoint, result) is JSON text here. `turn` grows with each message that
a job is owed: the stream tells (`use_cases/jobs_outbox.py`). `listed` and `listed_at` are the keys of the index by partner.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from unicorn_mgmt.domain.job import Job, Progress
from wild_rydes_dynamodb.change import Change, Conflict, TableBusy, change
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutTypeDef

JOB: Final = "job#"
"""How the ids of these items begin."""
JOBS: Final = "jobs#"
"""How the key of a partner's jobs begins in the index."""
BY_PARTNER: Final = "by-partner"
"""The index of what belongs to a partner, by time: `listed`, and `listed_at`."""

ALONE: Final = "jobs_alone#"
"""How the id of an item begins that names a partner's last job of a kind of which no two are open."""

KEPT_FOR: Final = timedelta(days=30)

_TRIES = 10


class KeyReused(Exception):
    """Another submission already has this id."""


class Outrun(Exception):
    """Another job of its kind was begun at the same time."""


class _NoSuchJob(Exception):
    """The table holds no job of this id."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of a partner's jobs ends."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a partner's jobs, newest first. `end` is None on the last page."""

    jobs: Sequence[Job]
    end: Position | None


@dataclass(frozen=True, slots=True)
class JobTable:
    """Reads and writes jobs. Each change is one conditional write. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def submit(self, job: Job, fingerprint: bytes) -> Job:
        """Write a new job, or return the one that the same submission has made before.

        Raises KeyReused if another submission, with another fingerprint, has its id.
        """
        job = replace(job, revision=1)
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={**to_item(job), "fingerprint": {"B": fingerprint}},
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return _submitted(job, error.response.get("Item"), fingerprint)
        return job

    def submit_alone(self, job: Job, fingerprint: bytes, last_id: str | None) -> Job:
        """Write a new job as the partner's only one of its kind, if `last_id` still is that of the last of them.

        Returns the job that the same submission has made before, if there is one. Raises KeyReused as `submit`, and Outrun.
        """
        job = replace(job, revision=1)
        slot: PutTypeDef = {
            "TableName": self.table,
            "Item": {
                **_alone(job.kind, job.partner_id),
                "job": {"S": job.id},
                "expires_at": to_seconds(job.created_at + KEPT_FOR),
            },
            "ConditionExpression": "attribute_not_exists(id)",
        }
        if last_id:
            slot["ConditionExpression"] = "job = :was"
            slot["ExpressionAttributeValues"] = {":was": {"S": last_id}}
        try:
            self.dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self.table,
                            "Item": {**to_item(job), "fingerprint": {"B": fingerprint}},
                            "ConditionExpression": "attribute_not_exists(id)",
                            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        }
                    },
                    {"Put": slot},
                ]
            )
        except self.dynamodb.exceptions.TransactionCanceledException as error:
            reasons: Any = error.response["CancellationReasons"]
            codes = {reason.get("Code", "None") for reason in reasons}
            if not codes <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                raise
            if reasons[0].get("Code") == "ConditionalCheckFailed":
                return _submitted(job, reasons[0].get("Item"), fingerprint)
            raise Outrun from None
        return job

    def last_alone(self, kind: str, partner_id: str) -> tuple[str | None, Job | None]:
        """Read the id of the partner's last job of a kind of which no two are open, and the job. It may be gone."""
        item = self.dynamodb.get_item(
            TableName=self.table, Key=_alone(kind, partner_id), ConsistentRead=True
        ).get("Item")
        return (item["job"]["S"], self.get(item["job"]["S"])) if item else (None, None)

    def get(self, job_id: str) -> Job | None:
        """Read a job as it is now; None if there is none."""
        item = self.dynamodb.get_item(TableName=self.table, Key=_key(job_id), ConsistentRead=True).get("Item")
        return job_from(item) if item else None

    def change(self, job_id: str, rule: Callable[[Job], Job]) -> Change[Job] | None:
        """Apply a rule in one conditional write, or in none if it changes nothing. None: there is no such job.

        Raises TableBusy when others are faster each time.
        """

        def read() -> Job:
            if job := self.get(job_id):
                return job
            raise _NoSuchJob

        try:
            return change(read, rule, self._write, tries=_TRIES)
        except _NoSuchJob:
            return None

    def of_partner(self, partner_id: str, after: Position | None, size: int) -> Page:
        """List up to `size` (at most 99) of a partner's jobs, newest first, from behind `after` on."""
        options: dict[str, Any] = (
            {"ExclusiveStartKey": {**_key(after.id), **_listed(partner_id, after.created_at)}}
            if after
            else {}
        )
        found = self.dynamodb.query(
            TableName=self.table,
            IndexName=BY_PARTNER,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": f"{JOBS}{partner_id}"}},
            ScanIndexForward=False,
            Limit=size + 1,  # one more, to know whether there is a next page
            **options,
        )["Items"]
        jobs = self._all([item["id"]["S"] for item in found[:size]])
        last = found[size - 1] if len(found) > size else None
        end = Position(from_number(last["listed_at"]), _id(last)) if last else None
        return Page(jobs, end)

    def _all(self, ids: Sequence[str]) -> list[Job]:
        """Read jobs in this order. The index may still list what is gone."""
        if not ids:
            return []
        answer = self.dynamodb.batch_get_item(
            RequestItems={self.table: {"Keys": [{"id": {"S": id_}} for id_ in ids]}}
        )
        if answer["UnprocessedKeys"]:
            raise TableBusy("not all jobs were read")
        items = {item["id"]["S"]: item for item in answer["Responses"][self.table]}
        return [job_from(items[id_]) for id_ in ids if id_ in items]

    def _write(self, before: Job, after: Job) -> Job:
        after = replace(after, revision=before.revision + 1)
        changed = to_item(after)
        removed = to_item(before).keys() - changed.keys()
        del changed["id"]
        names = {f"#{name}": name for name in [*changed, *removed]}
        expression = f"SET {', '.join(f'#{name} = :{name}' for name in changed)}"
        if removed:
            expression += f" REMOVE {', '.join(f'#{name}' for name in sorted(removed))}"
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(after.id),
                UpdateExpression=expression,
                ConditionExpression="#revision = :was",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in changed.items()},
                    ":was": {"N": str(before.revision)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            current: Any = error.response.get("Item")
            if not current:
                raise _NoSuchJob from None
            raise Conflict(job_from(current)) from None
        return after


def job_from(item: Mapping[str, Any]) -> Job:
    """Decode the job in an item or a stream's image. Raises KeyError, TypeError or ValueError if it holds none."""
    state = item["state"]["S"]
    return Job(
        id=_id(item),
        partner_id=item["partner_id"]["S"],
        kind=item["kind"]["S"],
        parameters=json.loads(item["parameters"]["S"]),
        created_at=from_number(item["listed_at"]),
        state=state,
        turn=int(item["turn"]["N"]),
        attempt=int(item["attempt"]["N"]),
        tries=int(item["tries"]["N"]),
        leased_until=_instant(item, "leased_until"),
        checkpoint=_json(item, "checkpoint"),
        progress=_progress(item),
        result=_json(item, "result"),
        reasons=tuple(reason["S"] for reason in item["reasons"]["L"]) if "reasons" in item else (),
        started_at=_instant(item, "started_at"),
        ended_at=_instant(item, "ended_at"),
        busy=float(item["busy"]["N"]),
        ahead=int(item["ahead"]["N"]) if "ahead" in item else None,
        estimated_at=_instant(item, "estimated_at"),
        document="document" in item,
        awaits_until=_instant(item, "awaits_until"),
        holder=item["holder"]["S"] if "holder" in item else None,
        revision=int(item["revision"]["N"]),
    )


def to_item(job: Job) -> "dict[str, AttributeValueTypeDef]":
    """Encode a job. What it has not is left out."""
    item: dict[str, AttributeValueTypeDef] = {
        **_key(job.id),
        **_listed(job.partner_id, job.created_at),
        "partner_id": {"S": job.partner_id},
        "kind": {"S": job.kind},
        "parameters": {"S": json.dumps(job.parameters)},
        "state": {"S": job.state},
        "turn": {"N": str(job.turn)},
        "attempt": {"N": str(job.attempt)},
        "tries": {"N": str(job.tries)},
        "busy": {"N": str(round(Decimal(job.busy), 3))},
        "revision": {"N": str(job.revision)},
        "expires_at": to_seconds(job.created_at + KEPT_FOR),
    }
    for name, text in (("checkpoint", job.checkpoint), ("result", job.result)):
        if text is not None:
            item[name] = {"S": json.dumps(text)}
    for name, at in (
        ("leased_until", job.leased_until),
        ("started_at", job.started_at),
        ("ended_at", job.ended_at),
        ("estimated_at", job.estimated_at),
        ("awaits_until", job.awaits_until),
    ):
        if at is not None:
            item[name] = to_number(at)
    if job.progress:
        item["done"] = {"N": str(job.progress.done)}
        if job.progress.share is not None:
            item["share"] = {"N": str(round(Decimal(job.progress.share), 4))}
    if job.reasons:
        item["reasons"] = {"L": [{"S": reason} for reason in job.reasons]}
    if job.ahead is not None:
        item["ahead"] = {"N": str(job.ahead)}
    if job.holder is not None:
        item["holder"] = {"S": job.holder}
    if job.document:
        item["document"] = {"BOOL": True}
    return item


def _key(job_id: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": f"{JOB}{job_id}"}}


def _alone(kind: str, partner_id: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": f"{ALONE}{kind}#{partner_id}"}}


def _submitted(job: Job, found: Any, fingerprint: bytes) -> Job:  # noqa: ANN401 - an item, or None
    """Read the job that has the id of another. Raises KeyReused if that is of another submission."""
    if not found or found["fingerprint"]["B"] != fingerprint:
        raise KeyReused(job.id)
    return job_from(found)


def _listed(partner_id: str, created_at: datetime) -> "dict[str, AttributeValueTypeDef]":
    return {"listed": {"S": f"{JOBS}{partner_id}"}, "listed_at": to_number(created_at)}


def _id(item: Mapping[str, Any]) -> str:
    return str(item["id"]["S"]).removeprefix(JOB)


def _instant(item: Mapping[str, Any], name: str) -> datetime | None:
    return from_number(item[name]) if name in item else None


def _json(item: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - an object, or None
    return json.loads(item[name]["S"]) if name in item else None


def _progress(item: Mapping[str, Any]) -> Progress | None:
    if "done" not in item:
        return None
    return Progress(int(item["done"]["N"]), float(item["share"]["N"]) if "share" in item else None)
