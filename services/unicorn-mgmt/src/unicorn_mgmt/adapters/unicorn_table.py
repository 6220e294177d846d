"""The table: with `invitations.py` the only place that knows its keys and expressions.

One kind of item is a unicorn. Its attribute `cell` stands there only while the unicorn is to be found, which makes the
index `by-cell` sparse: it holds those who are available and have no ride, and nobody else. The index has what a quote
takes and no more, about 200 bytes an entry, so that twenty fit the 4 KB a query reads for half a read unit, and a ride or
a connection that comes and goes is not written twice. `state` tells a ride's begin and end to the stream's filters.

Another kind is a rejection, `decision#<ride id>`: written once, told by the stream, and gone after a day. The third kind
is that of `invitations.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.domain.unicorn import Ending, Place, RateCard, Rating, Ride, Unicorn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

INDEX = "by-cell"
INDEXED = (
    *("name", "base", "per_km", "minimum", "currency", "max_km", "auto_quote"),
    *("lat", "lon", "connection", "scores", "score_total"),
)
"""What the index has of a unicorn besides its keys."""

DECISION = "decision#"
"""How the ids of rejections begin; those of unicorns begin with `u-`."""

_KEPT_FOR = timedelta(days=1)
_TRIES = 5

Attributes = Mapping[str, Any]


class TableBusy(Exception):
    """Too many others changed the unicorn at the same time; try again later."""


@dataclass(frozen=True, slots=True)
class Change:
    """A unicorn before and after a rule was applied."""

    before: Unicorn
    after: Unicorn


@dataclass(frozen=True, slots=True)
class Rejection:
    """A ride that a responder does not take, and why."""

    ride_id: str
    rfq_id: str
    responder_id: str
    reason: str
    at: datetime


class Rated(Enum):
    """What becomes of a rating."""

    KEPT = "kept"
    OUTDATED = "outdated"
    UNKNOWN = "no such unicorn"


class Store:
    """Reads and writes unicorns. Each change is one conditional write."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def register(self, unicorn: Unicorn, owner: str) -> bool:
        """Put a unicorn on the books, or change its name, rate card and auto-quote. True when it is new.

        Where a known unicorn is, and its ride, stay as they are.
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
        before = self._update(
            unicorn.id,
            changed,
            condition="attribute_not_exists(id) OR #owner = :owner",
            initial={"state": {"S": "free"}, "revision": _number(0)},
        )
        return not before

    def find(self, unicorn_id: str, owner: str) -> Unicorn | None:
        """The unicorn, if it is this owner's."""
        item = self._get(unicorn_id)
        return _unicorn(item) if item and item["owner"]["S"] == owner else None

    def available_in(self, cell: str) -> list[Unicorn]:
        """All unicorns to be found in a cell, in no order; as the index has them, which may lag by some milliseconds.

        Of their rides nothing is told, as none of them has one.
        """
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

    def change(
        self, unicorn_id: str, rule: Callable[[Unicorn], Unicorn], owner: str | None = None
    ) -> Change | None:
        """Apply a rule of the model in one conditional write; in none if it changes nothing.

        None: there is no such unicorn, or it is not this owner's. When someone was faster, the rule is applied again to
        what they wrote. Raises TableBusy when that happens too often.
        """
        item = self._get(unicorn_id)
        for _ in range(_TRIES):
            if item is None or owner not in (None, item["owner"]["S"]):
                return None
            before = _unicorn(item)
            after = rule(before)
            if after == before:
                return Change(before, before)
            after = replace(after, revision=before.revision + 1)
            try:
                self._update(
                    unicorn_id, _changing(after), condition="#revision = :was", was=_number(before.revision)
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
                item = error.response.get("Item")  # type: ignore[assignment]
            else:
                return Change(before, after)
        raise TableBusy(f"{_TRIES} others were faster")

    def connect(self, unicorn_id: str, owner: str, connection: str) -> bool:
        """The unicorn's app is connected here now, and nowhere else. False when the owner has no such unicorn."""
        return self._connect(
            unicorn_id, connection, "#owner = :owner", {":owner": {"S": owner}}, {"#owner": "owner"}
        )

    def reconnect(self, unicorn_id: str, connection: str) -> bool:
        """The unicorn's app is connected here, unless it is known to be elsewhere."""
        return self._connect(
            unicorn_id, connection, "attribute_exists(id) AND attribute_not_exists(#connection)", {}, {}
        )

    def disconnect(self, unicorn_id: str, connection: str) -> bool:
        """The unicorn's app is no longer connected here. False when it is connected elsewhere by now, or nowhere."""
        return self._conditionally(
            TableName=self._table,
            Key={"id": {"S": unicorn_id}},
            UpdateExpression="REMOVE #connection",
            ConditionExpression="#connection = :connection",
            ExpressionAttributeNames={"#connection": "connection"},
            ExpressionAttributeValues={":connection": {"S": connection}},
        )

    def _connect(
        self,
        unicorn_id: str,
        connection: str,
        condition: str,
        values: "dict[str, AttributeValueTypeDef]",
        names: dict[str, str],
    ) -> bool:
        return self._conditionally(
            TableName=self._table,
            Key={"id": {"S": unicorn_id}},
            UpdateExpression="SET #connection = :connection",
            ConditionExpression=condition,
            ExpressionAttributeNames={"#connection": "connection", **names},
            ExpressionAttributeValues={":connection": {"S": connection}, **values},
        )

    def _conditionally(self, **update: Any) -> bool:  # noqa: ANN401 - the client's own arguments
        try:
            self._dynamodb.update_item(**update)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def rate(self, unicorn_id: str, rating: Rating) -> Rated:
        """Keep a rating, if it is newer than the one that is known: it has more scores."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": unicorn_id}},
                UpdateExpression="SET scores = :count, score_total = :total",
                ConditionExpression="attribute_exists(id) AND (attribute_not_exists(scores) OR scores < :count)",
                ExpressionAttributeValues={":count": _number(rating.count), ":total": _number(rating.total)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return Rated.OUTDATED if error.response.get("Item") else Rated.UNKNOWN
        return Rated.KEPT

    def reject(self, rejection: Rejection) -> bool:
        """Note a rejection, once for a ride. False when it was noted before."""
        item: dict[str, AttributeValueTypeDef] = {
            "id": {"S": f"{DECISION}{rejection.ride_id}"},
            "ride_id": {"S": rejection.ride_id},
            "rfq_id": {"S": rejection.rfq_id},
            "responder_id": {"S": rejection.responder_id},
            "reason": {"S": rejection.reason},
            "at": _time(rejection.at),
            "expires_at": _number(int((rejection.at + _KEPT_FOR).timestamp())),
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(id)"
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _get(self, unicorn_id: str) -> Attributes | None:
        key: dict[str, Any] = {"id": {"S": unicorn_id}}
        return self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _update(
        self,
        unicorn_id: str,
        changed: "Mapping[str, AttributeValueTypeDef | None]",
        *,
        condition: str,
        initial: "Mapping[str, AttributeValueTypeDef] | None" = None,
        was: "AttributeValueTypeDef | None" = None,
    ) -> "Mapping[str, AttributeValueTypeDef]":
        """Set attributes, remove those that are None, set the initial ones where there are none; the item as it was."""
        initial = initial or {}
        kept = {name: value for name, value in changed.items() if value is not None}
        gone = changed.keys() - kept.keys()
        expression = "SET " + ", ".join(
            [
                *(f"#{name} = :{name}" for name in kept),
                *(f"#{name} = if_not_exists(#{name}, :{name})" for name in initial),
            ]
        )
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in sorted(gone))
        return self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": unicorn_id}},
            UpdateExpression=expression,
            ConditionExpression=condition,
            # All names have a substitute: the list of reserved words is long.
            ExpressionAttributeNames={f"#{name}": name for name in {*changed, *initial}},
            ExpressionAttributeValues={f":{name}": value for name, value in {**kept, **initial}.items()}
            | ({":was": was} if was else {}),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ).get("Attributes", {})


def from_image(image: Attributes) -> Unicorn:
    """The unicorn in a stream record's image. Raises KeyError, ValueError or TypeError when it is none."""
    return _unicorn(image)


def rejection_from(image: Attributes) -> Rejection:
    """The rejection in a stream record's image. Raises KeyError, ValueError or TypeError when it is none."""
    return Rejection(
        ride_id=image["ride_id"]["S"],
        rfq_id=image["rfq_id"]["S"],
        responder_id=image["responder_id"]["S"],
        reason=image["reason"]["S"],
        at=_instant(image["at"]),
    )


def _changing(unicorn: Unicorn) -> "dict[str, AttributeValueTypeDef | None]":
    """The attributes that change while a unicorn goes about its business."""
    position, ride = unicorn.position, unicorn.ride
    return {
        "lat": _number(position.lat) if position else None,
        "lon": _number(position.lon) if position else None,
        "cell": {"S": unicorn.cell} if unicorn.cell else None,
        "reported_at": _time(unicorn.reported_at) if unicorn.reported_at else None,
        "state": {"S": "riding" if ride else "free"},
        "ride": {"M": _ride(ride)} if ride else None,
        "recent": {"M": {key: {"M": _ending(e)} for key, e in unicorn.recent.items()}}
        if unicorn.recent
        else None,
        "revision": _number(unicorn.revision),
    }


def _ride(ride: Ride) -> "dict[str, AttributeValueTypeDef]":
    return {
        "id": {"S": ride.id},
        "rfq_id": {"S": ride.rfq_id},
        "customer_id": {"S": ride.customer_id},
        "since": _time(ride.since),
    }


def _ending(ending: Ending) -> "dict[str, AttributeValueTypeDef]":
    return {"o": {"S": ending.outcome}, "at": _time(ending.at)}


def _unicorn(item: Attributes) -> Unicorn:
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
        reported_at=_instant(item["reported_at"]) if "reported_at" in item else None,
        ride=_to_ride(item["ride"]["M"]) if "ride" in item else None,
        recent={
            key: Ending(entry["M"]["o"]["S"], _instant(entry["M"]["at"]))
            for key, entry in item["recent"]["M"].items()
        }
        if "recent" in item
        else {},
        connection=item["connection"]["S"] if "connection" in item else None,
        rating=Rating(int(item["scores"]["N"]), int(item["score_total"]["N"])) if "scores" in item else None,
        revision=int(item["revision"]["N"]) if "revision" in item else 0,
    )


def _to_ride(item: Attributes) -> Ride:
    return Ride(item["id"]["S"], item["rfq_id"]["S"], item["customer_id"]["S"], since=_instant(item["since"]))


def _number(value: Decimal | float) -> "AttributeValueTypeDef":
    return {"N": str(value)}


def _time(at: datetime) -> "AttributeValueTypeDef":
    """To the millisecond, as epoch milliseconds."""
    return {"N": str(round(at.timestamp() * 1000))}


def _instant(value: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(value["N"]) / 1000, UTC)
