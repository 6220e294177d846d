"""The table's ledger: an item `ride#<id>` for each ride of a partner fleet.

Each fact of an entry is one conditional write without a read, which changes nothing if the fact is there. So facts come in
any order and any number of times. `expires_at`, the table's time to live, is near until the ride is over, and then far.

The index `by-payee` has the entries of each payee by `completed_at`: those of rides that are over.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from settlement.domain.ledger import AWAITED_FOR, KEPT_FOR, Contradiction, Entry
from wild_rydes_contracts import Money
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

BY_PAYEE = "by-payee"

_SAME_PAYEE = "(attribute_not_exists(payee) OR payee = :payee)"


class LedgerTable:
    """Reads and writes entries. Methods raise botocore's errors where the table cannot be reached or throttles."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def note_price(self, ride_id: str, payee: str, price: Money, accepted_at: datetime) -> bool:
        """Note what a ride costs. Return False if that was known.

        Raises Contradiction if the ride is another partner's, or has another price.
        """
        before = self._note(
            ride_id,
            payee,
            "price = :price, currency = :currency, expires_at = if_not_exists(expires_at, :until)",
            "attribute_not_exists(price)",
            {
                ":price": {"S": str(price.amount)},
                ":currency": {"S": price.currency},
                ":until": to_seconds(accepted_at + AWAITED_FOR),
            },
        )
        if before is not None and before.price != price:
            raise Contradiction("a ride with another price")
        return before is None

    def note_end(self, ride_id: str, payee: str, completed_at: datetime) -> bool:
        """Note that a ride is over. Return False if that was known, whenever it was.

        Raises Contradiction if the ride is another partner's.
        """
        before = self._note(
            ride_id,
            payee,
            "completed_at = :at, expires_at = :until",
            "attribute_not_exists(completed_at)",
            {":at": to_number(completed_at), ":until": to_seconds(completed_at + KEPT_FOR)},
        )
        return before is None

    def of(self, payee: str, since: datetime, until: datetime) -> Iterator[Entry]:
        """Yield a payee's rides that were over in a period, `until` not included, page after page, the oldest first.

        What was noted a moment ago may be missing.
        """
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_PAYEE,
            KeyConditionExpression="payee = :payee AND completed_at BETWEEN :since AND :last",
            ExpressionAttributeValues={
                ":payee": {"S": payee},
                ":since": to_number(since),
                ":last": {"N": str(int(to_number(until)["N"]) - 1)},
            },
        )
        for page in pages:
            yield from map(entry_from, page["Items"])

    def _note(
        self,
        ride_id: str,
        payee: str,
        facts: str,
        condition: str,
        values: Mapping[str, "AttributeValueTypeDef"],
    ) -> Entry | None:
        """Note facts of a ride if the condition holds, and else return the entry that there is."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": f"ride#{ride_id}"}},
                UpdateExpression=f"SET payee = :payee, {facts}",
                ConditionExpression=f"{_SAME_PAYEE} AND {condition}",
                ExpressionAttributeValues={":payee": {"S": payee}, **values},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            item: Mapping[str, Any] | None = error.response.get("Item")  # type: ignore[assignment]
            if item is None:
                raise Contradiction("a ride that nobody has told of") from None
            entry = entry_from(item)
            if entry.payee != payee:
                raise Contradiction("a ride of another partner") from None
            return entry
        return None


def entry_from(item: Mapping[str, Any]) -> Entry:
    """Decode an entry. Raises KeyError if the item holds none."""
    return Entry(
        item["id"]["S"].removeprefix("ride#"),
        item["payee"]["S"],
        Money(amount=Decimal(item["price"]["S"]), currency=item["currency"]["S"])
        if "price" in item
        else None,
        from_number(item["completed_at"]) if "completed_at" in item else None,
        item["invoice"]["S"] if "invoice" in item else None,
    )
