"""The table: an item for each RFQ that was heard of lately, and one for each place and minute.

What an RFQ adds is written together with what is known of it, in one transaction. So an event that comes twice adds
nothing, and one that cannot be written leaves no trace. Exact coordinates are never written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from surge.figures import Figures, Rfq, Spot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=35)
"""Events stay in the archive of the bus for 30 days. What may be replayed is remembered, so that it counts once."""

_MINUTE = "%Y-%m-%dT%H:%MZ"
_HOUR = "%Y-%m-%dT%H"


class Table:
    """The figures in a DynamoDB table."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def change(self, rfq_id: str, change: Callable[[Rfq], Rfq], at: datetime) -> bool:
        """Change what is known of an RFQ, and the figures with it. Tell whether anything was new.

        `at` is when it happened: everything expires `KEPT` later. Raises TransactionCanceledException when another
        event of this RFQ, or of its place and minute, is written at the same time: try again.
        """
        key = {"pk": {"S": f"rfq#{rfq_id}"}, "sk": {"S": "rfq"}}
        old = _rfq(
            self._dynamodb.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item", {})
        )
        new = change(old)
        if new == old:
            return False
        expires = {"N": str(int((at + KEPT).timestamp()))}
        writes: list[Any] = [{"Put": self._put(key, old, new, expires)}]
        if new.spot and new.figures != old.figures:
            writes.append({"Update": self._add(new.spot, new.figures - old.figures, expires)})
        self._dynamodb.transact_write_items(TransactItems=writes)
        return True

    def between(self, since: datetime, until: datetime) -> Iterator[tuple[Spot, Figures]]:
        """Read the figures of all minutes from `since` on and before `until`, in UTC."""
        hour = since.replace(minute=0, second=0, microsecond=0)
        while hour < until:
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._name,
                KeyConditionExpression="pk = :hour AND sk BETWEEN :since AND :until",
                ExpressionAttributeValues={
                    ":hour": {"S": f"hour#{hour:{_HOUR}}"},
                    ":since": {"S": f"{since:{_MINUTE}}"},
                    ":until": {"S": f"{until:{_MINUTE}}"},  # less than any cell of that minute
                },
            )
            for page in pages:
                yield from map(_counted, page["Items"])
            hour += timedelta(hours=1)

    def _put(self, key: dict[str, Any], old: Rfq, new: Rfq, expires: dict[str, str]) -> dict[str, Any]:
        """Write an RFQ, if it is still as it was read."""
        known = {"spot": old.spot, "quotes": old.quotes}
        item = {**key, "expires": expires}
        if new.spot:
            item["spot"] = {"S": _sort_key(new.spot)}
        if new.quotes is not None:
            item["quotes"] = {"N": str(new.quotes)}
        return {
            "TableName": self._name,
            "Item": item,
            "ConditionExpression": " AND ".join(
                f"attribute_{'not_exists' if value is None else 'exists'}({name})"
                for name, value in known.items()
            ),
        }

    def _add(self, spot: Spot, figures: Figures, expires: dict[str, str]) -> dict[str, Any]:
        counted = asdict(figures)
        return {
            "TableName": self._name,
            "Key": {"pk": {"S": f"hour#{spot.minute:{_HOUR}}"}, "sk": {"S": _sort_key(spot)}},
            "UpdateExpression": f"ADD {', '.join(f'{name} :{name}' for name in counted)} SET expires = :expires",
            "ExpressionAttributeValues": {
                ":expires": expires,
                **{f":{name}": {"N": str(value)} for name, value in counted.items()},
            },
        }


def _sort_key(spot: Spot) -> str:
    return f"{spot.minute:{_MINUTE}}#{spot.cell}"


def _spot(sort_key: str) -> Spot:
    minute, _, cell = sort_key.partition("#")
    return Spot(datetime.strptime(minute, f"{_MINUTE[:-1]}%z"), cell)


def _rfq(item: Mapping[str, Any]) -> Rfq:
    return Rfq(
        spot=_spot(item["spot"]["S"]) if "spot" in item else None,
        quotes=int(item["quotes"]["N"]) if "quotes" in item else None,
    )


def _counted(item: Mapping[str, Any]) -> tuple[Spot, Figures]:
    figures = Figures(**{name: int(item[name]["N"]) for name in asdict(Figures())})
    return _spot(item["sk"]["S"]), figures
