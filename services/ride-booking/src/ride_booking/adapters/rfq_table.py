"""The RFQ table: one item for each RFQ. Of other modules only `watchers` knows an attribute of it.

`open_rfqs` and `batch_table` keep items of their own in this table.

Every write pays for every byte, so attribute names that repeat for each responder are short. `responders`
maps a responder id to an entry:

| attribute | type | means |
|---|---|---|
| `p` | N | price of the quote, in hundredths of the currency's unit |
| `c` | S | its currency, if it is not `DEFAULT_CURRENCY` |
| `s` | N | seconds until pickup |
| `n` | S | display name, if any |
| `v` | N | valid until, if the quote says so |
| `k`, `t` | N | how many scores its responder has, and their sum, if any |
| `d` | S | reason of a decline |
| `u` | BOOL | not known to have been asked |
| `l` | BOOL | answered after the close |

An empty entry is a responder that was asked and is silent. `rides` exists once a quote has been booked, as a
list of maps: `r` the responder, `b` booked at, `s` the status, `t` when it changed, `w` the reason, `k` the
key of the request. `q` exists once there is a quote: when the first came, and when the last.

`status` says how far the RFQ has come (`Phase` in `domain/rfq.py`); the stream's filters look at nothing
else. `document` exists if the RFQ has a status document. `start` and `destination` are lists: lat, lon, label
if any. Instants are milliseconds since 1970; `expires_at`, the table's TTL, is in seconds. `revision` is the
optimistic lock: it grows with every write, and a write succeeds only if there was no other in between.
`fingerprint` tells a repeated submission from another one under the same id.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ride_booking.domain.rfq import (
    DEFAULT_CURRENCY,
    Answer,
    Completion,
    Decline,
    Place,
    Quote,
    Quoted,
    Rating,
    Responder,
    Rfq,
)
from ride_booking.domain.ride import Ride
from wild_rydes_dynamodb.change import Change, Conflict, TableBusy, change
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds
from wild_rydes_messaging.backoff import Backoff

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = Mapping[str, AttributeValueTypeDef]

BY_CUSTOMER = "by-customer"
"""The index that lists a customer's RFQs by `created_at`. It holds keys only."""

KEPT_FOR = timedelta(days=30)
"""How long after its deadline an RFQ, and with it its idempotency key, is kept."""

_TRIES = 10


class KeyReused(Exception):
    """Another submission already has this id."""


class _NoSuchRfq(Exception):
    """The table holds no RFQ of this id."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of a customer's RFQs ends."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a customer's RFQs, newest first. `end` is None on the last page."""

    rfqs: Sequence[Rfq]
    end: Position | None


class RfqTable:
    """The table and its index.

    Methods raise botocore's errors if the table cannot be reached or throttles.
    """

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        name: str,
        *,
        backoff: Backoff = Backoff(base=0.05, cap=0.4),  # noqa: B008 - immutable
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._backoff = backoff
        self._sleep = sleep
        self._uniform = uniform

    def submit(self, rfq: Rfq, fingerprint: bytes) -> Rfq:
        """Write a new RFQ, or return the one that the same submission has made before.

        Raises KeyReused if another submission, with another fingerprint, has its id.
        """
        item = to_item(rfq, fingerprint)
        try:
            self._dynamodb.put_item(
                TableName=self._name,
                Item=item,
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            stored = _found_instead(error)
            if not stored or stored["fingerprint"]["B"] != fingerprint:
                raise KeyReused(rfq.id) from None
            return from_item(stored)
        return rfq

    def get(self, rfq_id: str, *, consistent: bool = False) -> Rfq | None:
        """Read an RFQ; None if there is none.

        An eventually consistent read, half the price, still finds a new RFQ.
        """
        answer = self._dynamodb.get_item(
            TableName=self._name, Key={"id": {"S": rfq_id}}, ConsistentRead=consistent
        )
        if item := answer.get("Item"):
            return from_item(item)
        return None if consistent else self.get(rfq_id, consistent=True)

    def change(
        self, rfq_id: str, rule: Callable[[Rfq], Rfq], *, consistent: bool = False
    ) -> Change[Rfq] | None:
        """Apply a rule of the domain in one conditional write, or in none if it changes nothing.

        Returns None if there is no such RFQ. Raises TableBusy if others are faster too often.

        The read may be stale: nothing about an RFQ is ever undone, so a rule that finds something done in an
        old state finds it done in a newer one, and the write decides any other outcome. If another writer was
        faster, the rule is applied to what they wrote. A rule that may raise needs a consistent read, and so
        does one that has nothing to do without a ride that may be new: no write checks what they conclude.
        """

        def read() -> Rfq:
            if rfq := self.get(rfq_id, consistent=consistent):
                return rfq
            raise _NoSuchRfq

        try:
            return change(read, rule, self._update, tries=_TRIES)
        except _NoSuchRfq:
            return None

    def of_customer(self, customer: str, after: Position | None, size: int) -> Page:
        """List up to `size` (at most 99) of a customer's RFQs, newest first, from behind `after` on.

        Raises TableBusy if the table does not return all of them.
        """
        start = {"customer": {"S": customer}, **_position(after)} if after else None
        found = self._dynamodb.query(
            TableName=self._name,
            IndexName=BY_CUSTOMER,
            KeyConditionExpression="#customer = :customer",
            ExpressionAttributeNames={"#customer": "customer"},
            ExpressionAttributeValues={":customer": {"S": customer}},
            ScanIndexForward=False,
            Limit=size + 1,  # one more, to know whether there is a next page
            **({"ExclusiveStartKey": start} if start else {}),  # type: ignore[arg-type]
        )["Items"]
        keys = [item["id"]["S"] for item in found[:size]]
        rfqs = self.get_all(keys)
        last = found[size - 1] if len(found) > size else None
        return Page(
            # The index may still list what is gone from the table.
            [rfqs[key] for key in keys if key in rfqs],
            Position(from_number(last["created_at"]), last["id"]["S"]) if last else None,
        )

    def _update(self, before: Rfq, after: Rfq) -> Rfq:
        after = replace(after, revision=before.revision + 1)
        changes = _changing(after)
        try:
            self._dynamodb.update_item(
                TableName=self._name,
                Key={"id": {"S": before.id}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                ConditionExpression="#revision = :was",
                ExpressionAttributeNames={f"#{name}": name for name in changes},
                ExpressionAttributeValues={
                    ":was": {"N": str(before.revision)},
                    **{f":{name}": value for name, value in changes.items()},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            found = _found_instead(error)
            if found is None:
                raise _NoSuchRfq from None
            raise Conflict(from_item(found)) from None
        return after

    def get_all(self, keys: Sequence[str]) -> dict[str, Rfq]:
        """Read up to 100 RFQs by their ids; those that are missing are left out. The reads may be stale.

        Raises TableBusy if the table does not return all of them.
        """
        rfqs: dict[str, Rfq] = {}
        wanted: Mapping[str, Any] = {self._name: {"Keys": [{"id": {"S": key}} for key in keys]}}
        for attempt in range(1, _TRIES + 1):
            if not keys:
                return rfqs
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            rfqs |= {(rfq := from_item(item)).id: rfq for item in answer["Responses"].get(self._name, [])}
            if not answer["UnprocessedKeys"]:
                return rfqs
            wanted = answer["UnprocessedKeys"]
            self._sleep(self._backoff.delay(attempt, self._uniform))
        raise TableBusy("some keys stay unprocessed")


def is_rfq(key: str) -> bool:
    """Tell an RFQ's key from those of other items, which have a prefix: `open#` and `batch#`."""
    return "#" not in key


def to_item(rfq: Rfq, fingerprint: bytes) -> dict[str, Any]:
    """Make the whole item of an RFQ."""
    return {
        "id": {"S": rfq.id},
        "customer": {"S": rfq.customer},
        "start": _place(rfq.start),
        "destination": _place(rfq.destination),
        "created_at": to_number(rfq.created_at),
        "deadline": to_number(rfq.deadline),
        "expires_at": to_seconds(rfq.deadline + KEPT_FOR),
        "fingerprint": {"B": fingerprint},
        **({"document": {"BOOL": True}} if rfq.document else {}),
        **_changing(rfq),
    }


def from_item(item: Mapping[str, Any]) -> Rfq:
    """Read the RFQ in an item or a stream image.

    Raises KeyError, TypeError or ValueError if it holds none.
    """
    completed_by = item.get("completed_by")
    rides = item["rides"]["L"] if "rides" in item else ()
    return Rfq(
        id=item["id"]["S"],
        customer=item["customer"]["S"],
        start=_to_place(item["start"]),
        destination=_to_place(item["destination"]),
        created_at=from_number(item["created_at"]),
        deadline=from_number(item["deadline"]),
        responders={key: _to_responder(entry["M"]) for key, entry in item["responders"]["M"].items()},
        completion=Completion(completed_by["S"], from_number(item["completed_at"])) if completed_by else None,
        quoted=Quoted(*map(from_number, item["q"]["L"])) if "q" in item else None,
        rides=tuple(_to_ride(ride["M"]) for ride in rides),
        document="document" in item,
        revision=int(item["revision"]["N"]),
    )


def _changing(rfq: Rfq) -> dict[str, Any]:
    """Make the attributes that change during an RFQ's life."""
    changing: dict[str, Any] = {
        "status": {"S": rfq.phase},
        "revision": {"N": str(rfq.revision)},
        "responders": {"M": {key: {"M": _entry(r)} for key, r in rfq.responders.items()}},
    }
    if rfq.completion:
        changing["completed_by"] = {"S": rfq.completion.by}
        changing["completed_at"] = to_number(rfq.completion.at)
    if rfq.quoted:
        changing["q"] = {"L": [to_number(rfq.quoted.first), to_number(rfq.quoted.last)]}
    if rfq.rides:
        changing["rides"] = {"L": [{"M": _ride(ride)} for ride in rfq.rides]}
    return changing


def _entry(responder: Responder) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    match responder.answer:
        case Quote(cents, pickup_seconds, currency, name, valid_until, rating):
            entry |= {"p": {"N": str(cents)}, "s": {"N": str(pickup_seconds)}}
            if currency != DEFAULT_CURRENCY:
                entry["c"] = {"S": currency}
            if name is not None:
                entry["n"] = {"S": name}
            if valid_until is not None:
                entry["v"] = to_number(valid_until)
            if rating is not None:
                entry |= {"k": {"N": str(rating.count)}, "t": {"N": str(rating.total)}}
        case Decline(reason):
            entry["d"] = {"S": reason}
    if not responder.asked:
        entry["u"] = {"BOOL": True}
    if responder.late:
        entry["l"] = {"BOOL": True}
    return entry


def _to_responder(entry: Mapping[str, Any]) -> Responder:
    answer: Answer | None = None
    if "p" in entry:
        answer = Quote(
            cents=int(entry["p"]["N"]),
            pickup_seconds=int(entry["s"]["N"]),
            currency=entry["c"]["S"] if "c" in entry else DEFAULT_CURRENCY,
            name=entry["n"]["S"] if "n" in entry else None,
            valid_until=from_number(entry["v"]) if "v" in entry else None,
            rating=Rating(int(entry["k"]["N"]), int(entry["t"]["N"])) if "k" in entry else None,
        )
    elif "d" in entry:
        answer = Decline(entry["d"]["S"])
    return Responder(asked="u" not in entry, answer=answer, late="l" in entry)


def _ride(ride: Ride) -> dict[str, Any]:
    entry = {
        "r": {"S": ride.responder},
        "b": to_number(ride.booked_at),
        "t": to_number(ride.changed_at),
        "s": {"S": ride.status},
    }
    texts = {"w": ride.reason, "k": ride.key}
    return entry | {name: {"S": text} for name, text in texts.items() if text is not None}


def _to_ride(entry: Mapping[str, Any]) -> Ride:
    return Ride(
        responder=entry["r"]["S"],
        booked_at=from_number(entry["b"]),
        changed_at=from_number(entry["t"]),
        status=entry["s"]["S"],
        reason=entry["w"]["S"] if "w" in entry else None,
        key=entry["k"]["S"] if "k" in entry else None,
    )


def _place(place: Place) -> dict[str, Any]:
    point = [{"N": f"{degrees:.6f}"} for degrees in (place.lat, place.lon)]
    return {"L": point if place.label is None else [*point, {"S": place.label}]}


def _to_place(value: Mapping[str, Any]) -> Place:
    lat, lon, *label = value["L"]
    return Place(float(lat["N"]), float(lon["N"]), label[0]["S"] if label else None)


def _position(position: Position) -> dict[str, Any]:
    return {"id": {"S": position.id}, "created_at": to_number(position.created_at)}


def _found_instead(error: ClientError) -> "Item | None":
    """Return the item that failed a write's condition, None if there is none.

    Raises any other error again.
    """
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    return error.response.get("Item")  # type: ignore[return-value]
