"""The table's items `reading#<document>`: who waits for Textract, and which of its jobs is the one. They are gone after a month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wild_rydes_dynamodb.instants import to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

READING: Final = "reading#"
"""How the ids of these items begin."""

MOST_JOBS: Final = 2
"""Jobs for a document: one that has failed may have met trouble of Textract's own."""

_KEPT_FOR: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Reading:
    """`token` is whose turn it is when the job ends, `attempt` the number of the job."""

    token: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class ReadingTable:
    """Notes and finds readings. Each write is one update without a condition. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def expect(self, document_id: str, token: str, now: datetime) -> Reading:
        """Note who waits: before the job that may end at once. Return what is noted then."""
        return self._update(document_id, "SET task_token = :token", {":token": {"S": token}}, now)

    def next(self, document_id: str, failed: int, now: datetime) -> Reading:
        """Note that another job is needed, since that with the number `failed` has failed. Twice is as once."""
        return self._update(
            document_id, "SET attempt = :next", {":next": {"N": str(min(failed + 1, MOST_JOBS))}}, now
        )

    def get(self, document_id: str) -> Reading:
        """Read what is noted."""
        item = self.dynamodb.get_item(
            TableName=self.table, Key={"id": {"S": f"{READING}{document_id}"}}, ConsistentRead=True
        ).get("Item")
        return _reading(item or {})

    def _update(
        self, document_id: str, update: str, values: "dict[str, AttributeValueTypeDef]", now: datetime
    ) -> Reading:
        answer = self.dynamodb.update_item(
            TableName=self.table,
            Key={"id": {"S": f"{READING}{document_id}"}},
            UpdateExpression=f"{update}, expires_at = :until",
            ExpressionAttributeValues={**values, ":until": to_seconds(now + _KEPT_FOR)},
            ReturnValues="ALL_NEW",
        )
        return _reading(answer["Attributes"])


def _reading(item: Mapping[str, Any]) -> Reading:
    return Reading(
        item["task_token"]["S"] if "task_token" in item else "",
        int(item["attempt"]["N"]) if "attempt" in item else 1,
    )
