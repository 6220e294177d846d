"""The table of unicorns: the only place that knows its keys and expressions.

An item is one unicorn. Its attribute `cell` stands there only while the unicorn is available, which makes the index
`by-cell` sparse: it holds the available ones and nobody else. Position and cell go when the unicorn is not available;
what nobody needs is not kept. Items are about 200 bytes, so that twenty fit the 4 KB a query reads for half a read unit.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.model import Place, RateCard, Unicorn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

INDEX = "by-cell"

_OWN = "#owner = :owner"


class Store:
    """Reads and writes unicorns. Each write is one conditional update that only the unicorn's owner passes."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def register(self, unicorn: Unicorn, owner: str) -> bool:
        """Put a unicorn on the books, or change its name, rate card and auto-quote. True when it is new.

        A known unicorn's position stays as it is.
        """
        card = unicorn.rate_card
        changed: dict[str, AttributeValueTypeDef | None] = {
            "owner": {"S": owner},
            "name": {"S": unicorn.name},
            "base": _number(card.base),
            "per_km": _number(card.per_km),
            "minimum": _number(card.minimum),
            "currency": {"S": card.currency},
            "max_km": None if card.max_km is None else _number(card.max_km),
            "auto_quote": {"BOOL": unicorn.auto_quote},
        }
        before = self._update(unicorn.id, changed, f"attribute_not_exists(id) OR {_OWN}", owner)
        return not before

    def show_up(self, unicorn_id: str, owner: str, position: Place, cell: str, at: datetime) -> bool:
        """The unicorn is available at `position`, which lies in `cell`. False when the owner has no such unicorn."""
        lat, lon = _number(position.lat), _number(position.lon)
        return self._report(unicorn_id, owner, at, {"lat": lat, "lon": lon, "cell": {"S": cell}})

    def go_off(self, unicorn_id: str, owner: str, at: datetime) -> bool:
        """The unicorn takes no rides for now. False when the owner has no such unicorn."""
        return self._report(unicorn_id, owner, at, {"lat": None, "lon": None, "cell": None})

    def find(self, unicorn_id: str, owner: str) -> Unicorn | None:
        """The unicorn, if it is this owner's."""
        key: dict[str, Any] = {"id": {"S": unicorn_id}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _unicorn(item) if item and item["owner"]["S"] == owner else None

    def available_in(self, cell: str) -> list[Unicorn]:
        """All available unicorns in a cell, in no order; as the index has them, which may lag by some milliseconds."""
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": INDEX,
            "KeyConditionExpression": "cell = :cell",
            "ExpressionAttributeValues": {":cell": {"S": cell}},
        }
        page = self._dynamodb.query(**query)
        items = page["Items"]
        while last := page.get("LastEvaluatedKey"):
            query["ExclusiveStartKey"] = last
            page = self._dynamodb.query(**query)
            items += page["Items"]
        return [_unicorn(item) for item in items]

    def _report(
        self, unicorn_id: str, owner: str, at: datetime, place: "Mapping[str, AttributeValueTypeDef | None]"
    ) -> bool:
        try:
            self._update(unicorn_id, {**place, "reported_at": _number(int(at.timestamp()))}, _OWN, owner)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(
        self,
        unicorn_id: str,
        changed: "Mapping[str, AttributeValueTypeDef | None]",
        condition: str,
        owner: str,
    ) -> "Mapping[str, AttributeValueTypeDef]":
        """Set attributes, or remove those that are None; the item as it was before."""
        kept = {name: value for name, value in changed.items() if value is not None}
        gone = changed.keys() - kept.keys()
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in sorted(gone))
        return self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": unicorn_id}},
            UpdateExpression=expression,
            ConditionExpression=condition,
            # All names have a substitute: the list of reserved words is long.
            ExpressionAttributeNames={f"#{name}": name for name in {*changed, "owner"}},
            ExpressionAttributeValues={":owner": {"S": owner}} | {f":{k}": v for k, v in kept.items()},
            ReturnValues="ALL_OLD",
        ).get("Attributes", {})


def _unicorn(item: Mapping[str, Any]) -> Unicorn:
    return Unicorn(
        id=item["id"]["S"],
        name=item["name"]["S"],
        rate_card=RateCard(
            base=Decimal(item["base"]["N"]),
            per_km=Decimal(item["per_km"]["N"]),
            minimum=Decimal(item["minimum"]["N"]),
            currency=item["currency"]["S"],
            max_km=float(item["max_km"]["N"]) if "max_km" in item else None,
        ),
        auto_quote=item["auto_quote"]["BOOL"],
        position=Place(lat=float(item["lat"]["N"]), lon=float(item["lon"]["N"])) if "lat" in item else None,
    )


def _number(value: Decimal | float) -> "AttributeValueTypeDef":
    return {"N": str(value)}
