"""How many RFQs of a customer are open at once: never more than the limit.

Each customer has an item `open#<customer>`, whose set `slots` holds `<deadline in ms>/<RFQ id>` for each RFQ that may
be open. A slot is taken before the RFQ is written, by a conditional write, so no two submissions share one. It is
free again at the deadline or when the RFQ is completed. Nobody writes that down: whoever finds all slots taken looks
which are. So an RFQ costs one small write more, and its completion none (decision 82).

A worker that dies between the two writes leaves a slot without an RFQ, until the deadline that the RFQ would have had.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain.rfq import Rfq
from wild_rydes_contracts.instants import truncated
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_FOR = timedelta(days=1)
_TRIES = 5


class TooManyOpen(Exception):
    """The customer has as many open RFQs as are allowed. The first of them ends at `until`, if not before."""

    def __init__(self, limit: int, until: datetime) -> None:
        super().__init__(f"{limit} RFQs are open")
        self.limit = limit
        self.until = until


@dataclass(frozen=True, slots=True)
class OpenRfqs:
    """Submits RFQs within a limit of open ones. Methods raise botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str
    rfqs: RfqTable

    def submit(self, rfq: Rfq, fingerprint: bytes, limit: int) -> Rfq:
        """Write a new RFQ, or return the one that the same submission has made before, whatever else is open.

        Raises TooManyOpen, and KeyReused if another submission has its id.
        """
        try:
            self._take(rfq, limit)
        except TooManyOpen:
            # Only a repetition has an id that is known already.
            if self.rfqs.get(rfq.id, consistent=True) is None:
                raise
        return self.rfqs.submit(rfq, fingerprint)

    def _take(self, rfq: Rfq, limit: int) -> None:
        slot = f"{to_number(rfq.deadline)['N']}/{rfq.id}"
        taken: Collection[str] = ()
        for _ in range(_TRIES):
            refused = self._add(rfq.customer, slot, rfq.deadline, limit)
            if refused is None:
                return
            taken = refused
            free = self._free(taken, rfq.created_at)
            if not free:
                break
            self._remove(rfq.customer, free)
        raise TooManyOpen(limit, min((_deadline(each) for each in taken), default=rfq.created_at))

    def _add(self, customer: str, slot: str, deadline: datetime, limit: int) -> Collection[str] | None:
        """Take a slot; return those that are taken if there is none."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(customer),
                UpdateExpression="ADD #slots :slot SET #expires = :expires",
                ConditionExpression="attribute_not_exists(#slots) OR size(#slots) < :limit OR contains(#slots, :one)",
                ExpressionAttributeNames={"#slots": "slots", "#expires": "expires_at"},
                ExpressionAttributeValues={
                    ":slot": {"SS": [slot]},
                    ":one": {"S": slot},
                    ":limit": {"N": str(limit)},
                    ":expires": to_seconds(deadline + _KEPT_FOR),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: Any = error.response["Item"]  # type: ignore[typeddict-item]
            return list(item["slots"]["SS"])
        return None

    def _free(self, taken: Collection[str], now: datetime) -> list[str]:
        """Choose the slots whose RFQs are over. A slot without an RFQ may be that of one that is about to be written."""
        free = [slot for slot in taken if _deadline(slot) <= now]
        if free:
            return free
        # A repeated submission takes a slot with another deadline than its RFQ has: that one is to spare.
        known = self.rfqs.get_all(sorted({_id(slot) for slot in taken}))
        return [
            slot
            for slot in taken
            if (rfq := known.get(_id(slot))) and (rfq.completion or rfq.deadline != _deadline(slot))
        ]

    def _remove(self, customer: str, slots: Collection[str]) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=_key(customer),
            UpdateExpression="DELETE #slots :over",
            ExpressionAttributeNames={"#slots": "slots"},
            ExpressionAttributeValues={":over": {"SS": list(slots)}},
        )


def seconds_until(end: datetime, now: datetime) -> int:
    """Tell in how many whole seconds something ends, one at least."""
    return max(1, -int((truncated(now) - end).total_seconds() // 1))


def _key(customer: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": f"open#{customer}"}}


def _deadline(slot: str) -> datetime:
    return from_number({"N": slot.partition("/")[0]})


def _id(slot: str) -> str:
    return slot.partition("/")[2]
