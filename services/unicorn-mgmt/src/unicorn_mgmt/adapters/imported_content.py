"""The table's items `jobs_imported#<partner>`: which content a partner's vehicles have, if nothing was written since.

Each is written by one import at a time, as a partner has no two that are open.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

IMPORTED: Final = "jobs_imported#"
"""How the ids of these items begin: as those of all that belongs to jobs, and not as those of jobs."""


@dataclass(frozen=True, slots=True)
class ImportedContent:
    """Reads and writes them. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def get(self, partner_id: str) -> str | None:
        """Return the hash of the content that was imported last, and whole; None if nobody knows."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=_key(partner_id), ConsistentRead=True)
        content = answer.get("Item", {}).get("content")
        return content["S"] if content else None

    def begin(self, partner_id: str, job_id: str) -> None:
        """Note that an import writes: what there is has the content of no file until it is done. Twice is as once."""
        self.dynamodb.put_item(TableName=self.table, Item={**_key(partner_id), "written_by": {"S": job_id}})

    def end(self, partner_id: str, job_id: str, content: str) -> None:
        """Note the content of an import that is done, unless another one has begun to write."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={**_key(partner_id), "written_by": {"S": job_id}, "content": {"S": content}},
                ConditionExpression="written_by = :job",
                ExpressionAttributeValues={":job": {"S": job_id}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return


def _key(partner_id: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": f"{IMPORTED}{partner_id}"}}
