"""The table's items `deaths#<work>`: how many workers may have died over some work. They are gone after a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from wild_rydes_dynamodb.instants import to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEATHS: Final = "deaths#"
"""How the ids of these items begin."""

_KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeathCounts:
    """Counts deaths. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str
    now: Callable[[], datetime]

    def add(self, work: str, deaths: int = 1) -> int:
        """Add deaths, or take some back, and return how many there are."""
        answer = self.dynamodb.update_item(
            TableName=self.table,
            Key={"id": {"S": f"{DEATHS}{work}"}},
            UpdateExpression="ADD deaths :deaths SET expires_at = :until",
            ExpressionAttributeValues={
                ":deaths": {"N": str(deaths)},
                ":until": to_seconds(self.now() + _KEPT_FOR),
            },
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["deaths"]["N"])
