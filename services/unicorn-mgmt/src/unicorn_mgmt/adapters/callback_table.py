"""The table's items `callback#<partner>#<RFQ or ride>`: one for each callback that a partner owed us, gone after a day."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wild_rydes_dynamodb.instants import to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CALLBACK = "callback#"
"""How the ids of these items begin."""

_KEPT_FOR = timedelta(days=1)


class CallbackTable:
    """Notes which callbacks have come, each with one write that may be repeated."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def note(self, partner_id: str, about: str, now: datetime) -> None:
        """Note that the partner has called back about an RFQ or a ride."""
        expires_at = to_seconds(now + _KEPT_FOR)
        self._dynamodb.put_item(
            TableName=self._table, Item={"id": {"S": _id(partner_id, about)}, "expires_at": expires_at}
        )

    def has_come(self, partner_id: str, about: str) -> bool:
        """Tell whether the partner has called back about it."""
        key = {"id": {"S": _id(partner_id, about)}}
        return "Item" in self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)


def _id(partner_id: str, about: str) -> str:
    return f"{CALLBACK}{partner_id}#{about}"
