"""The table's items `ride#<partner>#<ride>`: one for each booking of a partner's quote, gone a week after its last change.

The partner stands in the key, so that its function's role can be held to its own rides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.adapters.unicorn_table import TableBusy
from unicorn_mgmt.domain.partner_ride import PartnerRide, Terms
from wild_rydes_contracts import Money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

RIDE = "ride#"
"""How the ids of these items begin."""

_KEPT_FOR = timedelta(days=7)
_TRIES = 5

Rule = Callable[[PartnerRide | None], PartnerRide | None]


@dataclass(frozen=True, slots=True)
class RideChange:
    """A ride before and after a rule was applied; both are None where there is none."""

    before: PartnerRide | None
    after: PartnerRide | None


class PartnerRides:
    """Reads and writes rides with partners. Each change is one conditional write."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def change(self, partner_id: str, ride_id: str, rule: Rule) -> RideChange:
        """Apply a rule in one conditional write; in none if it changes nothing.

        When someone was faster, the rule is applied again to what they wrote. Raises TableBusy when that happens too often.
        """
        key: dict[str, AttributeValueTypeDef] = {"id": {"S": f"{RIDE}{partner_id}#{ride_id}"}}
        item: Mapping[str, Any] | None
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        for _ in range(_TRIES):
            before = ride_from(item) if item else None
            after = rule(before)
            if after is None or after == before:
                return RideChange(before, before)
            after = replace(after, revision=before.revision + 1 if before else 1)
            try:
                self._put(key, after, before)
            except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
                item = error.response.get("Item")  # type: ignore[assignment]
            else:
                return RideChange(before, after)
        raise TableBusy(f"{_TRIES} others were faster")

    def _put(
        self, key: "dict[str, AttributeValueTypeDef]", ride: PartnerRide, before: PartnerRide | None
    ) -> None:
        if before is None:
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        else:
            condition = {
                "ConditionExpression": "revision = :was",
                "ExpressionAttributeValues": {":was": {"N": str(before.revision)}},
            }
        self._dynamodb.put_item(
            TableName=self._table,
            Item={**key, **_item(ride)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **condition,
        )


def ride_from(item: Mapping[str, Any]) -> PartnerRide:
    """The ride in an item or a stream image. Raises KeyError, ValueError or TypeError when it is none."""
    terms = None
    if "rfq_id" in item:
        price = Money(amount=Decimal(item["amount"]["N"]), currency=item["currency"]["S"])
        terms = Terms(item["rfq_id"]["S"], item["customer_id"]["S"], price)
    return PartnerRide(
        id=item["ride_id"]["S"],
        partner_id=item["partner_id"]["S"],
        state=item["state"]["S"],
        at=_instant(item["at"]),
        terms=terms,
        deadline=_instant(item["deadline"]) if "deadline" in item else None,
        reason=item["reason"]["S"] if "reason" in item else None,
        cancels=int(item["cancels"]["N"]),
        revision=int(item["revision"]["N"]),
    )


def _item(ride: PartnerRide) -> "dict[str, AttributeValueTypeDef]":
    item: dict[str, AttributeValueTypeDef] = {
        "ride_id": {"S": ride.id},
        "partner_id": {"S": ride.partner_id},
        "state": {"S": ride.state},
        "at": _time(ride.at),
        "cancels": {"N": str(ride.cancels)},
        "revision": {"N": str(ride.revision)},
        "expires_at": {"N": str(int((ride.at + _KEPT_FOR).timestamp()))},
    }
    if ride.terms:
        item["rfq_id"] = {"S": ride.terms.rfq_id}
        item["customer_id"] = {"S": ride.terms.customer_id}
        item["amount"] = {"N": str(ride.terms.price.amount)}
        item["currency"] = {"S": ride.terms.price.currency}
    if ride.deadline:
        item["deadline"] = _time(ride.deadline)
    if ride.reason:
        item["reason"] = {"S": ride.reason}
    return item


def _time(at: datetime) -> "AttributeValueTypeDef":
    """To the millisecond, as epoch milliseconds."""
    return {"N": str(round(at.timestamp() * 1000))}


def _instant(value: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(value["N"]) / 1000, UTC)
