"""The table's unicorns, and the rejections of rides.

An item `u-…` is a unicorn. It has the attribute `cell` only while others may find the unicorn, which makes
the index `by-cell` sparse: it holds the unicorns that are available and have no ride. The index has what a
quote takes and no more, about 200 bytes an entry, so that twenty fit the 4 KB that a query reads for half a
read unit, and a ride or a connection that comes and goes is not written twice. `state` tells the begin and
end of a ride to the stream's filters.

An item `u-v-…` is a vehicle of a partner's fleet since its first booking, with its rides and its rating alone: the table of
vehicles has the rest. While it has a ride it is `listed` among those of its fleet that do.

An item `decision#<ride id>` is a rejection: written once, announced through the stream, and gone after a day.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Ending, Place, Rating, Rejection, Ride, Unicorn
from unicorn_mgmt.domain.vehicle import Vehicle
from wild_rydes_dynamodb.change import Change, Conflict, change
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

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

ENGAGED = "engaged#"
"""Begins the key by partner of its vehicles that have a ride."""

READS_AT_ONCE = 8
"""Cells read at the same time: no more of them lie around a start within reach. botocore keeps ten connections open."""

_KEPT_FOR = timedelta(days=1)
_TRIES = 5

Attributes = Mapping[str, Any]


class Rated(Enum):
    """Whether a rating was kept, and why not."""

    KEPT = "kept"
    OUTDATED = "outdated"
    UNKNOWN = "no such unicorn"


class UnicornTable:
    """Reads and writes unicorns. Each change is one conditional write."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def register(self, unicorn: Unicorn, owner: str) -> tuple[Unicorn, bool]:
        """Put a unicorn on the books, or change its name, rate card and auto-quote.

        Return the unicorn as it is on the books now, and whether it is new. Position, ride and connection of a
        known unicorn stay as they are. Raises botocore's ClientError for another owner's unicorn.
        """
        changed: dict[str, AttributeValueTypeDef | None] = {
            "owner": {"S": owner},
            **_described(unicorn),
            "auto_quote": {"BOOL": unicorn.auto_quote},
        }
        before = self._update(
            unicorn.id,
            changed,
            condition="attribute_not_exists(id) OR #owner = :owner",
            initial={"state": {"S": "free"}, "revision": _number(0)},
        )
        stored = {"id": {"S": unicorn.id}, **before, **changed}
        known = {name: value for name, value in stored.items() if value is not None}
        return unicorn_from(known), not before

    def admit(self, vehicle: Vehicle) -> None:
        """Put a vehicle on the books of those who may have rides, unless it is there. This is news to nobody."""
        unicorn = vehicle.as_unicorn()
        item: dict[str, AttributeValueTypeDef] = {
            "id": {"S": unicorn.id},
            "owner": {"S": vehicle.fleet},
            "fleet": {"S": vehicle.fleet},
            "vehicle_id": {"S": vehicle.id},
            "auto_quote": {"BOOL": unicorn.auto_quote},
            "state": {"S": "free"},
            "revision": _number(0),
            **{name: value for name, value in _described(unicorn).items() if value is not None},
        }
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(id)"
            )

    def read(self, unicorn_ids: Sequence[str]) -> dict[str, Unicorn]:
        """Read at most 100 unicorns, by id, those that there are. What is read may lag by some milliseconds."""
        left: Any = {}
        if unicorn_ids:
            left = {self._table: {"Keys": [{"id": {"S": id_}} for id_ in unicorn_ids]}}
        found: dict[str, Unicorn] = {}
        while left:
            page = self._dynamodb.batch_get_item(RequestItems=left)
            found |= {item["id"]["S"]: unicorn_from(item) for item in page["Responses"].get(self._table, ())}
            left = page["UnprocessedKeys"]
        return found

    def find(self, unicorn_id: str, owner: str) -> Unicorn | None:
        """Read a unicorn. Return None if there is none, or it is not this owner's."""
        item = self._get(unicorn_id)
        return unicorn_from(item) if item and item["owner"]["S"] == owner else None

    def available_in(self, cells: Sequence[str]) -> dict[str, list[Unicorn]]:
        """List the unicorns filed under each of these cells, in no order. The index may lag by some milliseconds.

        None of them has a ride; the index does not hold their earlier ones. Raises botocore's errors.
        """
        if len(cells) == 1:
            return {cell: self._in_cell(cell) for cell in cells}
        return dict(zip(cells, self._readers.map(self._in_cell, cells), strict=True))

    @cached_property
    def _readers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="cells")

    def _in_cell(self, cell: str) -> list[Unicorn]:
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
        return [unicorn_from(item) for item in items]

    def change(
        self, unicorn_id: str, rule: Callable[[Unicorn], Unicorn], owner: str | None = None
    ) -> Change[Unicorn] | None:
        """Apply a rule in one conditional write, or in none if it changes nothing.

        Return None if there is no such unicorn, or it is not this owner's. Raises TableBusy when others are
        faster each time.
        """
        item = self._get(unicorn_id)
        if item is None or owner not in (None, item["owner"]["S"]):
            return None
        # Who is on the books stays there, under one owner: later looks need not ask for either.
        return change(lambda: unicorn_from(item), rule, self._replace, tries=_TRIES)

    def _replace(self, before: Unicorn, after: Unicorn) -> Unicorn:
        after = replace(after, revision=before.revision + 1)
        try:
            self._update(
                after.id, _changing(after), condition="#revision = :was", was=_number(before.revision)
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(unicorn_from(error.response["Item"])) from None  # type: ignore[typeddict-item]
        return after

    def rate(self, unicorn_id: str, rating: Rating | None, revision: int) -> Rated:
        """Keep a rating, or None when no score is left, if its revision is higher than that of the known one.

        A rating of before there were revisions has its count for one: no rating's revision is lower.
        """
        kept = (
            {":count": _number(rating.count), ":total": _number(rating.total)} if rating is not None else {}
        )
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": unicorn_id}},
                UpdateExpression="SET rating_revision = :revision, scores = :count, score_total = :total"
                if kept
                else "SET rating_revision = :revision REMOVE scores, score_total",
                ConditionExpression="attribute_exists(id)"
                " AND (attribute_not_exists(scores) OR scores < :revision)"
                " AND (attribute_not_exists(rating_revision) OR rating_revision < :revision)",
                ExpressionAttributeValues={":revision": _number(revision), **kept},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return Rated.OUTDATED if error.response.get("Item") else Rated.UNKNOWN
        return Rated.KEPT

    def reject(self, rejection: Rejection) -> bool:
        """Note a rejection, once for a ride. Return False if it was noted before."""
        item: dict[str, AttributeValueTypeDef] = {
            "id": {"S": f"{DECISION}{rejection.ride_id}"},
            "ride_id": {"S": rejection.ride_id},
            "rfq_id": {"S": rejection.rfq_id},
            "responder_id": {"S": rejection.responder_id},
            "reason": {"S": rejection.reason},
            "at": to_number(rejection.at),
            "expires_at": to_seconds(rejection.at + _KEPT_FOR),
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
    ) -> Attributes:
        """Set attributes, remove those that are None, add missing initial ones.

        Return the item as it was before.
        """
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


def rejection_from(image: Attributes) -> Rejection:
    """Decode the rejection in a stream's image. Raises KeyError, TypeError or ValueError if it holds none."""
    return Rejection(
        ride_id=image["ride_id"]["S"],
        rfq_id=image["rfq_id"]["S"],
        responder_id=image["responder_id"]["S"],
        reason=image["reason"]["S"],
        at=from_number(image["at"]),
    )


def _described(unicorn: Unicorn) -> "dict[str, AttributeValueTypeDef | None]":
    card = unicorn.rate_card
    return {
        "name": {"S": unicorn.name},
        "base": _number(card.base),
        "per_km": _number(card.per_km),
        "minimum": _number(card.minimum),
        "currency": {"S": card.currency},
        "max_km": None if card.max_km is None else _number(card.max_km),
    }


def _changing(unicorn: Unicorn) -> "dict[str, AttributeValueTypeDef | None]":
    """Encode the attributes that change while a unicorn goes about its business."""
    position, ride = unicorn.position, unicorn.ride
    return {
        "lat": _number(position.lat) if position else None,
        "lon": _number(position.lon) if position else None,
        "cell": {"S": unicorn.cell} if unicorn.cell else None,
        "reported_at": to_number(unicorn.reported_at) if unicorn.reported_at else None,
        "state": {"S": "riding" if ride else "free"},
        "ride": {"M": _ride(ride)} if ride else None,
        "recent": {"M": {key: {"M": _ending(e)} for key, e in unicorn.recent.items()}}
        if unicorn.recent
        else None,
        "revision": _number(unicorn.revision),
        **(_listed(unicorn.fleet, ride) if unicorn.fleet else {}),
    }


def _listed(fleet: str, ride: Ride | None) -> "dict[str, AttributeValueTypeDef | None]":
    return {
        "listed": {"S": f"{ENGAGED}{fleet}"} if ride else None,
        "listed_at": to_number(ride.since) if ride else None,
        "ride_id": {"S": ride.id} if ride else None,
        "rfq_id": {"S": ride.rfq_id} if ride else None,
    }


def _ride(ride: Ride) -> "dict[str, AttributeValueTypeDef]":
    return {
        "id": {"S": ride.id},
        "rfq_id": {"S": ride.rfq_id},
        "customer_id": {"S": ride.customer_id},
        "since": to_number(ride.since),
        **({"time_zone": {"S": ride.time_zone}} if ride.time_zone else {}),
    }


def _ending(ending: Ending) -> "dict[str, AttributeValueTypeDef]":
    return {"o": {"S": ending.outcome}, "at": to_number(ending.at)}


def unicorn_from(item: Attributes) -> Unicorn:
    """Decode the unicorn in an item or a stream's image.

    Raises KeyError, TypeError or ValueError if it holds none.
    """
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
        reported_at=from_number(item["reported_at"]) if "reported_at" in item else None,
        ride=_to_ride(item["ride"]["M"]) if "ride" in item else None,
        recent={
            key: Ending(entry["M"]["o"]["S"], from_number(entry["M"]["at"]))
            for key, entry in item["recent"]["M"].items()
        }
        if "recent" in item
        else {},
        connection=item["connection"]["S"] if "connection" in item else None,
        rating=Rating(int(item["scores"]["N"]), int(item["score_total"]["N"])) if "scores" in item else None,
        revision=int(item["revision"]["N"]) if "revision" in item else 0,
        fleet=item["fleet"]["S"] if "fleet" in item else None,
        vehicle_id=item["vehicle_id"]["S"] if "vehicle_id" in item else None,
    )


def _to_ride(item: Attributes) -> Ride:
    return Ride(
        item["id"]["S"],
        item["rfq_id"]["S"],
        item["customer_id"]["S"],
        since=from_number(item["since"]),
        time_zone=item["time_zone"]["S"] if "time_zone" in item else None,
    )


def _number(value: Decimal | float) -> "AttributeValueTypeDef":
    return {"N": str(value)}
