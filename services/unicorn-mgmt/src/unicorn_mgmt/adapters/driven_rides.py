"""The rides that a partner has driven, by the time of their end: the part of the index by partner that `RIDES` begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from unicorn_mgmt.adapters.job_table import BY_PARTNER
from unicorn_mgmt.adapters.partner_ride_table import RIDES
from unicorn_mgmt.domain.driven_ride import DrivenRide
from wild_rydes_contracts import Money
from wild_rydes_dynamodb.instants import from_number, to_number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOLD: Final = ("ride_id", "rfq_id", "amount", "currency")
"""What the index has of an item besides keys."""

Place = Mapping[str, str]
"""Where a page ends: opaque, and JSON."""

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class DrivenRides:
    """Reads them, so many with one call: it should end in a fraction of the two seconds that a client waits for it."""

    dynamodb: "DynamoDBClient"
    table: str
    page_size: int = 1000

    def page(
        self, partner_id: str, start: datetime, end: datetime, after: Place | None
    ) -> tuple[Sequence[DrivenRide], Place | None]:
        """Read rides that ended from `start` until before `end`, from behind `after` on, and where they end.

        None: there are no more. Raises botocore's errors.
        """
        if end <= start:
            return [], None
        listed = f"{RIDES}{partner_id}"
        options: dict[str, Any] = {}
        if after:
            options["ExclusiveStartKey"] = {
                "id": {"S": after["id"]},
                "listed": {"S": listed},
                "listed_at": {"N": after["at"]},
            }
        answer = self.dynamodb.query(
            TableName=self.table,
            IndexName=BY_PARTNER,
            KeyConditionExpression="listed = :listed AND listed_at BETWEEN :start AND :last",
            ExpressionAttributeValues={
                ":listed": {"S": listed},
                ":start": to_number(start),
                ":last": to_number(end - _MILLISECOND),
            },
            Limit=self.page_size,
            **options,
        )
        last: Any = answer.get("LastEvaluatedKey")
        place = {"id": last["id"]["S"], "at": last["listed_at"]["N"]} if last else None
        return [_ride(item) for item in answer["Items"]], place


def _ride(item: Mapping[str, Any]) -> DrivenRide:
    return DrivenRide(
        item["ride_id"]["S"],
        item["rfq_id"]["S"],
        from_number(item["listed_at"]),
        Money(amount=Decimal(item["amount"]["N"]), currency=item["currency"]["S"]),
    )
