"""The table's item `job_measures#all`: what was measured of jobs, by which others are estimated.

It is best effort: a sample that another one overtakes is lost, as the next one comes soon.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from unicorn_mgmt.domain.job_estimate import Measures

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

MEASURES: Final = "job_measures#all"
"""The id of the item."""

_KEY: "Final[dict[str, AttributeValueTypeDef]]" = {"id": {"S": MEASURES}}


@dataclass(frozen=True, slots=True)
class JobMeasures:
    """Reads and writes them. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def get(self, *, consistent: bool = False) -> Measures:
        """Read what was measured so far."""
        item: Any = self.dynamodb.get_item(TableName=self.table, Key=_KEY, ConsistentRead=consistent).get(
            "Item"
        )
        if not item:
            return Measures()
        return Measures(**json.loads(item["measures"]["S"]), revision=int(item["revision"]["N"]))

    def learn(self, kind: str, ahead: int, waited: float, busy: float) -> None:
        """Take in a job that is done, unless another one is taken in at this moment."""
        before = self.get(consistent=True)
        after = before.learn(kind, ahead, waited, busy)
        measured = {"service": dict(after.service), "dispatch": after.dispatch}
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **_KEY,
                    "measures": {"S": json.dumps(measured)},
                    "revision": {"N": str(before.revision + 1)},
                },
                ConditionExpression="attribute_not_exists(id) OR revision = :was",
                ExpressionAttributeValues={":was": {"N": str(before.revision)}},
            )
