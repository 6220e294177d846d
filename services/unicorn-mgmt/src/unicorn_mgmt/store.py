"""The table of unicorns: the only place that knows its keys and expressions.

An item is one unicorn. Its attribute `cell` stands there only while the unicorn is available, which makes the index
`by-cell` sparse: it holds the available ones and nobody else. Position and cell go when the unicorn is not available;
what nobody needs is not kept. Items are about 200 bytes, so that twenty fit the 4 KB a query reads for half a read unit.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from unicorn_mgmt.model import RateCard, Unicorn
from wild_rydes_contracts import Coordinates

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

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
        values: dict[str, Any] = {
            ":owner": {"S": owner},
            ":name": {"S": unicorn.name},
            ":base": _number(card.base),
            ":per_km": _number(card.per_km),
            ":minimum": _number(card.minimum),
            ":currency": {"S": card.currency},
            ":auto_quote": {"BOOL": unicorn.auto_quote},
        }
        max_km = "REMOVE max_km"
        if card.max_km is not None:
            max_km = ", max_km = :max_km"
            values[":max_km"] = _number(card.max_km)
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": unicorn.id}},
            UpdateExpression="SET #owner = :owner, #name = :name, base = :base, per_km = :per_km, #minimum = :minimum,"
            f" currency = :currency, auto_quote = :auto_quote {max_km}",
            ConditionExpression=f"attribute_not_exists(id) OR {_OWN}",
            ExpressionAttributeNames={"#owner": "owner", "#name": "name", "#minimum": "minimum"},
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        )
        return not answer.get("Attributes")

    def show_up(self, unicorn_id: str, owner: str, position: Coordinates, cell: str, at: datetime) -> bool:
        """The unicorn is available at `position`, which lies in `cell`. False when the owner has no such unicorn."""
        return self._update(
            unicorn_id,
            "SET lat = :lat, lon = :lon, cell = :cell, reported_at = :at",
            {
                ":owner": {"S": owner},
                ":lat": _number(position.lat),
                ":lon": _number(position.lon),
                ":cell": {"S": cell},
                ":at": _number(int(at.timestamp())),
            },
        )

    def go_off(self, unicorn_id: str, owner: str, at: datetime) -> bool:
        """The unicorn takes no rides for now. False when the owner has no such unicorn."""
        return self._update(
            unicorn_id,
            "SET reported_at = :at REMOVE cell, lat, lon",
            {":owner": {"S": owner}, ":at": _number(int(at.timestamp()))},
        )

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

    def _update(self, unicorn_id: str, expression: str, values: dict[str, Any]) -> bool:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": unicorn_id}},
                UpdateExpression=expression,
                ConditionExpression=_OWN,
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


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
        position=Coordinates(lat=float(item["lat"]["N"]), lon=float(item["lon"]["N"]))
        if "lat" in item
        else None,
    )


def _number(value: Decimal | float) -> dict[str, str]:
    return {"N": str(value)}
