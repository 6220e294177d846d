"""The vehicles of a fleet that have a ride: the part of the index by partner that `ENGAGED` begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from unicorn_mgmt.adapters.job_table import BY_PARTNER
from unicorn_mgmt.adapters.unicorn_table import ENGAGED, UnicornTable
from unicorn_mgmt.domain.unicorn import Unicorn
from wild_rydes_dynamodb.instants import from_number, to_number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Position(NamedTuple):
    """A place in the list: since when a vehicle has its ride, and the id under which it quotes."""

    since: datetime
    responder_id: str


class Page(NamedTuple):
    """Some vehicles that have a ride, and where the page ends, None with the last one."""

    vehicles: Sequence[Unicorn]
    end: Position | None


@dataclass(frozen=True, slots=True)
class EngagedVehicles:
    """Lists them, those with the oldest rides first. The index may lag by some milliseconds."""

    dynamodb: "DynamoDBClient"
    table: str

    def page(self, fleet: str, after: Position | None, size: int) -> Page:
        """Read up to `size` (at most 99) of a fleet's, from behind `after` on. Raises botocore's errors."""
        options: dict[str, Any] = {}
        if after:
            options["ExclusiveStartKey"] = {
                "id": {"S": after.responder_id},
                "listed": {"S": ENGAGED + fleet},
                "listed_at": to_number(after.since),
            }
        found = self.dynamodb.query(
            TableName=self.table,
            IndexName=BY_PARTNER,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues={":listed": {"S": ENGAGED + fleet}},
            Limit=size + 1,  # one more, to know whether there is a next page
            **options,
        )["Items"]
        ids = [item["id"]["S"] for item in found[:size]]
        last = found[size - 1] if len(found) > size else None
        known = UnicornTable(self.dynamodb, self.table).read(ids)
        return Page(
            [known[id_] for id_ in ids if id_ in known and known[id_].ride],
            Position(from_number(last["listed_at"]), last["id"]["S"]) if last else None,
        )
