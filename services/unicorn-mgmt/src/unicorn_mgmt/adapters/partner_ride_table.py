"""The table's items `ride#<partner>#<ride>`: one for each booking of a partner's quote.

Each is gone a week after its last change, and one that was driven after a hundred days, so that statements can tell of it.

The partner is part of the key, so that IAM can limit the partner's function to its own rides. A ride that was driven has the
keys of the index by partner, too: `listed` and `listed_at`, its end. Nothing changes it any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.domain.partner_ride import PartnerRide, Terms
from wild_rydes_contracts import Money
from wild_rydes_dynamodb.change import Change, Conflict, change
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

RIDE = "ride#"
"""How the ids of these items begin."""

RIDES = "rides#"
"""How the key of a partner's rides begins in the index of those that were driven (`job_table.BY_PARTNER`)."""
DRIVEN_KEPT_FOR = timedelta(days=100)
"""A quarter, and some days in which to ask for its statement."""

_KEPT_FOR = timedelta(days=7)
_TRIES = 5

Rule = Callable[[PartnerRide | None], PartnerRide | None]
"""Makes of a ride what it becomes; None is a ride that the table does not hold. No rule removes a ride."""


class PartnerRideTable:
    """Reads and writes rides with partners. Each change is one conditional write."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def change(self, partner_id: str, ride_id: str, rule: Rule) -> Change[PartnerRide | None]:
        """Apply a rule in one conditional write, or in none if it changes nothing.

        Raises TableBusy when others are faster each time.
        """
        key: dict[str, AttributeValueTypeDef] = {"id": {"S": f"{RIDE}{partner_id}#{ride_id}"}}

        def read() -> PartnerRide | None:
            item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
            return ride_from(item) if item else None

        def write(before: PartnerRide | None, after: PartnerRide | None) -> PartnerRide:
            assert after  # noqa: S101 - no rule removes a ride
            after = replace(after, revision=before.revision + 1 if before else 1)
            self._put({**key, **_item(after)}, before)
            return after

        return change(read, rule, write, tries=_TRIES)

    def _put(self, item: "dict[str, AttributeValueTypeDef]", before: PartnerRide | None) -> None:
        if before is None:
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        else:
            condition = {
                "ConditionExpression": "revision = :was",
                "ExpressionAttributeValues": {":was": {"N": str(before.revision)}},
            }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            current = error.response.get("Item")
            raise Conflict(ride_from(current) if current else None) from None  # type: ignore[arg-type]


def ride_from(item: Mapping[str, Any]) -> PartnerRide:
    """Decode the ride in an item or a stream's image.

    Raises KeyError, TypeError or ValueError if it holds none.
    """
    terms = None
    if "rfq_id" in item:
        price = Money(amount=Decimal(item["amount"]["N"]), currency=item["currency"]["S"])
        time_zone = item["time_zone"]["S"] if "time_zone" in item else None
        terms = Terms(item["rfq_id"]["S"], item["customer_id"]["S"], price, time_zone)
    return PartnerRide(
        id=item["ride_id"]["S"],
        partner_id=item["partner_id"]["S"],
        state=item["state"]["S"],
        at=from_number(item["at"]),
        terms=terms,
        deadline=from_number(item["deadline"]) if "deadline" in item else None,
        reason=item["reason"]["S"] if "reason" in item else None,
        cancels=int(item["cancels"]["N"]),
        doubtful="doubtful" in item,
        revision=int(item["revision"]["N"]),
    )


def _item(ride: PartnerRide) -> "dict[str, AttributeValueTypeDef]":
    item: dict[str, AttributeValueTypeDef] = {
        "ride_id": {"S": ride.id},
        "partner_id": {"S": ride.partner_id},
        "state": {"S": ride.state},
        "at": to_number(ride.at),
        "cancels": {"N": str(ride.cancels)},
        "revision": {"N": str(ride.revision)},
        "expires_at": to_seconds(ride.at + _KEPT_FOR),
    }
    if ride.state == "completed":
        item["listed"] = {"S": f"{RIDES}{ride.partner_id}"}
        item["listed_at"] = to_number(ride.at)
        item["expires_at"] = to_seconds(ride.at + DRIVEN_KEPT_FOR)
    if ride.terms:
        item["rfq_id"] = {"S": ride.terms.rfq_id}
        item["customer_id"] = {"S": ride.terms.customer_id}
        item["amount"] = {"N": str(ride.terms.price.amount)}
        item["currency"] = {"S": ride.terms.price.currency}
        if ride.terms.time_zone:
            item["time_zone"] = {"S": ride.terms.time_zone}
    if ride.deadline:
        item["deadline"] = to_number(ride.deadline)
    if ride.doubtful:
        item["doubtful"] = {"BOOL": True}
    if ride.reason:
        item["reason"] = {"S": ride.reason}
    return item
