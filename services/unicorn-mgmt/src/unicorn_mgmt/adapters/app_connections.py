"""Where each unicorn's app is connected: the attribute `connection` of the item that `unicorn_table` describes.

Connections come and go without a new `revision`, so that no writer of the unicorn loses a race because of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.adapters.unicorn_table import unicorn_from
from unicorn_mgmt.domain.unicorn import Unicorn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class AppConnections:
    """The connections in the unicorn table. A unicorn has one, the newest. Each change is one conditional write."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def connect(self, unicorn_id: str, owner: str, connection: str) -> bool:
        """Note that the unicorn's app is connected here, and nowhere else.

        Return False if the owner has no such unicorn.
        """
        found = self._set(
            unicorn_id, connection, "#owner = :owner", {":owner": {"S": owner}}, {"#owner": "owner"}
        )
        return bool(found) and found["owner"]["S"] == owner

    def reconnect(self, unicorn_id: str, connection: str) -> Unicorn | None:
        """Note that the unicorn's app is connected here, unless it is known to be connected elsewhere.

        Return the unicorn with the connection that is known now, None if there is none.
        """
        item = self._set(
            unicorn_id, connection, "attribute_exists(id) AND attribute_not_exists(#connection)", {}, {}
        )
        return unicorn_from(item) if item else None

    def disconnect(self, unicorn_id: str, connection: str) -> bool:
        """Forget a connection of the unicorn's app.

        Return False if it is connected elsewhere by now, or nowhere.
        """
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": unicorn_id}},
                UpdateExpression="REMOVE #connection",
                ConditionExpression="#connection = :connection",
                ExpressionAttributeNames={"#connection": "connection"},
                ExpressionAttributeValues={":connection": {"S": connection}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def of(self, unicorn_ids: Sequence[str]) -> dict[str, str]:
        """Look up the connections of at most 100 unicorns, by the unicorns' ids. Those without one are left out."""
        left: Any = {}
        if unicorn_ids:
            left = {
                self._table: {
                    "Keys": [{"id": {"S": unicorn_id}} for unicorn_id in unicorn_ids],
                    "ProjectionExpression": "id, #connection",
                    "ExpressionAttributeNames": {"#connection": "connection"},
                    "ConsistentRead": True,  # who connected a moment ago is told, too
                }
            }
        found: dict[str, str] = {}
        while left:
            page = self._dynamodb.batch_get_item(RequestItems=left)
            items = page["Responses"].get(self._table, ())
            found |= {item["id"]["S"]: item["connection"]["S"] for item in items if "connection" in item}
            left = page["UnprocessedKeys"]
        return found

    def _set(
        self,
        unicorn_id: str,
        connection: str,
        condition: str,
        values: "dict[str, AttributeValueTypeDef]",
        names: dict[str, str],
    ) -> dict[str, Any]:
        """Set the connection on a condition. Return the item as it is now, empty if there is none."""
        try:
            return self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": unicorn_id}},
                UpdateExpression="SET #connection = :connection",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#connection": "connection", **names},
                ExpressionAttributeValues={":connection": {"S": connection}, **values},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            found: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return found
