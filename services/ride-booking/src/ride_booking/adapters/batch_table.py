"""What became of batches of RFQs: an item `batch#<id>` for each, in the service's table, written once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from wild_rydes_dynamodb.instants import to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=30)
"""As long as an RFQ's idempotency key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one RFQ: the id under which it was accepted, or else the problem, as JSON."""

    rfq_id: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """Of a batch: that of each RFQ in its order, or else the problem of the whole, as JSON.

    `fingerprint` tells a repetition from another body under the same id; `reused` says that there was one.
    """

    id: str
    fingerprint: bytes
    outcomes: Sequence[Outcome] = field(default=())
    problem: str | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class BatchTable:
    """The batches. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def get(self, batch_id: str) -> BatchOutcome | None:
        """Read what became of a batch; None if that is not known yet."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=_key(batch_id), ConsistentRead=True)
        return _from_item(batch_id, answer["Item"]) if "Item" in answer else None

    def settle(self, outcome: BatchOutcome, now: datetime) -> None:
        """Write what became of a batch. What is written already stays."""
        item: dict[str, Any] = {
            **_key(outcome.id),
            "fingerprint": {"B": outcome.fingerprint},
            "outcomes": {"L": [_entry(each) for each in outcome.outcomes]},
            "expires_at": to_seconds(now + KEPT_FOR),
        }
        if outcome.problem:
            item["problem"] = {"S": outcome.problem}
        try:
            self.dynamodb.put_item(
                TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(id)"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def mark_reused(self, batch_id: str) -> None:
        """Remember that another body came under the id of a batch that is settled."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key=_key(batch_id),
            UpdateExpression="SET reused = :yes",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )


def _key(batch_id: str) -> dict[str, Any]:
    return {"id": {"S": f"batch#{batch_id}"}}


def _entry(outcome: Outcome) -> dict[str, Any]:
    return {"M": {"r": {"S": outcome.rfq_id}} if outcome.rfq_id else {"p": {"S": outcome.problem}}}


def _from_item(batch_id: str, item: Any) -> BatchOutcome:  # noqa: ANN401 - DynamoDB's JSON
    entries = [entry["M"] for entry in item["outcomes"]["L"]]
    return BatchOutcome(
        id=batch_id,
        fingerprint=bytes(item["fingerprint"]["B"]),
        outcomes=[
            Outcome(entry["r"]["S"]) if "r" in entry else Outcome(problem=entry["p"]["S"])
            for entry in entries
        ],
        problem=item["problem"]["S"] if "problem" in item else None,
        reused="reused" in item,
    )
