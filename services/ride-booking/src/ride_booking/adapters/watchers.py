"""Who watches an RFQ: the set `watchers` of connection ids, on the item that `rfq_table` describes.

Watchers come and go without a new `revision`, so that no writer of the RFQ loses a race because of them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ride_booking.adapters.rfq_table import from_item
from ride_booking.domain.rfq import Rfq

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_WATCHERS = 10
"""Connections that may watch one RFQ: a customer has few screens."""


class TooManyWatchers(Exception):
    """MAX_WATCHERS other connections watch the RFQ: `watchers`, some of which may be gone."""

    def __init__(self, rfq: Rfq, watchers: tuple[str, ...]) -> None:
        self.rfq = rfq
        self.watchers = watchers
        super().__init__(rfq.id)


class Watchers:
    """The watchers in the RFQ table.

    Methods raise botocore's errors if the table cannot be reached or throttles.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def add(self, rfq_id: str, customer: str, connection: str) -> Rfq | None:
        """Let a connection watch, and return the RFQ as it is at that moment, so that no change is missed.

        Returns None if the customer has no such RFQ. Raises TooManyWatchers.
        """
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": rfq_id}},
                UpdateExpression="ADD watchers :connections",
                ConditionExpression="customer = :customer AND (attribute_not_exists(watchers)"
                " OR size(watchers) < :most OR contains(watchers, :connection))",
                ExpressionAttributeValues={
                    ":connections": {"SS": [connection]},
                    ":connection": {"S": connection},
                    ":customer": {"S": customer},
                    ":most": {"N": str(MAX_WATCHERS)},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            if found.get("customer") == {"S": customer}:
                raise TooManyWatchers(from_item(found), watchers_of(found)) from None
            return None
        return from_item(answer["Attributes"])

    def replace(self, full: TooManyWatchers, connection: str) -> Rfq:
        """Let a connection watch instead of all that do, and return the RFQ as it is at that moment.

        Raises botocore's ClientError if others watch by now.
        """
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": full.rfq.id}},
            UpdateExpression="SET watchers = :connections",
            ConditionExpression="watchers = :replaced",
            ExpressionAttributeValues={
                ":connections": {"SS": [connection]},
                ":replaced": {"SS": [*full.watchers]},
            },
            ReturnValues="ALL_NEW",
        )
        return from_item(answer["Attributes"])

    def remove(self, rfq_id: str, connection: str) -> None:
        """Stop a connection from watching, if it did."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": rfq_id}},
                UpdateExpression="DELETE watchers :connections",
                ConditionExpression="contains(watchers, :connection)",
                ExpressionAttributeValues={
                    ":connections": {"SS": [connection]},
                    ":connection": {"S": connection},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def watchers_of(image: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the connections that watch the RFQ in a stream image."""
    return tuple(image["watchers"]["SS"]) if "watchers" in image else ()
