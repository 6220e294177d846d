"""The table's items `settlement#<document>`, which say what was decided, and the writes that settle rides with a decision.

| item | says |
|---|---|
| `settlement#<document>` | the decision in full, and its phase (`domain/settlement.py`) |
| `number#<payee>#<number>` | the document whose invoice has this number and is settled, or about to be |
| `ride#<id>`, attribute `invoice` | the document that it is settled with, or held for |

Every write is a transaction whose conditions say what nobody may have changed meanwhile. So of two invoices with a ride or a
number in common one finds it taken, whichever steps of the two come first, and whoever dies between two steps.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from settlement.adapters.document_table import to_item as document_item
from settlement.adapters.ledger_table import entry_from
from settlement.domain.deciding import Owed
from settlement.domain.document import Document
from settlement.domain.ledger import KEPT_FOR, Entry
from settlement.domain.settlement import Owing, Phase, Settlement, Standing
from wild_rydes_contracts import Money
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

SETTLEMENT: Final = "settlement#"
"""How the ids of these items begin."""

_READ_AT_ONCE = 100
HELD_AT_ONCE: Final = 99
"""Rides that are held in one transaction, with a look at the phase."""


class Taken(Exception):
    """Somebody has changed what a write relies on: look again, and decide again."""

    transient = True


@dataclass(frozen=True, slots=True)
class SettlementTable:
    """Reads and writes settlements, and settles rides. Methods raise botocore's errors where the table is busy."""

    dynamodb: "DynamoDBClient"
    table: str

    def get(self, document_id: str) -> Settlement | None:
        """Read what was decided on a document; None if nothing was."""
        item = self.dynamodb.get_item(
            TableName=self.table, Key=_key(SETTLEMENT, document_id), ConsistentRead=True
        ).get("Item")
        return settlement_from(item) if item else None

    def standing(self, document_id: str, payee: str, ride_ids: Iterable[str], number: str | None) -> Standing:
        """Read how rides and a number stand. What is held for this document counts as free."""
        entries = {
            item["id"]["S"].removeprefix("ride#"): entry_from(item)
            for item in self._read(f"ride#{ride_id}" for ride_id in ride_ids)
            if "payee" in item
        }
        holders = {entry.invoice for entry in entries.values() if entry.invoice}
        owner = self._owner(payee, number)
        others = (holders | ({owner} if owner else set())) - {document_id}
        # Read after the rides: who settled one in the meantime is done by now.
        found = {
            item["id"]["S"].removeprefix(SETTLEMENT): settlement_from(item)
            for item in self._read(f"{SETTLEMENT}{id_}" for id_ in sorted({*others, document_id}))
        }
        own = found.pop(document_id, None)
        return Standing(
            rides={
                id_: Owed(entry.price, is_settled=entry.invoice not in (None, document_id))
                for id_, entry in entries.items()
                if entry.payee == payee and entry.price and entry.completed_at
            },
            numbers=frozenset({number} if number and owner not in (None, document_id) else ()),
            waits=any(other.phase != "done" for other in found.values()),
            phase=own.phase if own else None,
        )

    def settle(
        self, before: Document, after: Document, settlement: Settlement, rides: Sequence[Owing]
    ) -> None:
        """Settle rides, at most `AT_ONCE`, together with the decision. Raises Taken, and then nothing was written."""
        self._transact(
            [
                self._document(before, after),
                self._put(_item(settlement), "attribute_not_exists(id)"),
                self._number(settlement),
                *(self._ride(settlement, ride) for ride in rides),
            ]
        )

    def begin(self, settlement: Settlement) -> None:
        """Hold the number for an invoice of many rides, once. Raises Taken if it is another's, or if this was done."""
        self._transact(
            [
                self._put(_item(replace(settlement, phase="claiming")), "attribute_not_exists(id)"),
                self._number(settlement),
            ]
        )

    def hold(self, settlement: Settlement, rides: Sequence[Owing]) -> None:
        """Hold rides, in this order and many at a time: those that are held for this document already stay so.

        Raises Taken at the first that is another's, or when somebody has begun to undo.
        """
        for start in range(0, len(rides), HELD_AT_ONCE):
            self._transact(
                [
                    self._check(settlement.document_id, "claiming"),
                    *(self._ride(settlement, ride) for ride in rides[start : start + HELD_AT_ONCE]),
                ]
            )

    def finish(self, before: Document, after: Document, settlement: Settlement) -> None:
        """Settle what is held, with the decision. Raises Taken when somebody has begun to undo, or was faster."""
        self._transact(
            [self._document(before, after), self._put(_item(settlement), "phase = :phase", "claiming")]
        )

    def stop(self, document_id: str) -> None:
        """Hold no more rides for a document from now on. Raises Taken if nothing was begun, or all is done."""
        self._move(document_id, {"claiming", "undoing"}, "undoing")

    def held(self, document_id: str, ride_ids: Iterable[str]) -> Iterator[str]:
        """Go through those of these rides that are held for a document."""
        items = self._read(f"ride#{ride_id}" for ride_id in ride_ids)
        return held_rides((entry_from(item) for item in items if "payee" in item), document_id)

    def release(self, document_id: str, ride_ids: Iterable[str]) -> None:
        """Let go of rides. One that is not held for this document stays as it is."""
        for ride_id in ride_ids:
            self._release(ride_id, document_id)

    def end(
        self, before: Document, after: Document, settlement: Settlement, begun: Settlement | None
    ) -> None:
        """Write a decision that settles nothing, in the place of a settlement that was begun and stopped. Raises Taken."""
        if begun is None:
            self._transact(
                [self._document(before, after), self._put(_item(settlement), "attribute_not_exists(id)")]
            )
            return
        self._transact(
            [
                self._document(before, after),
                self._put(_item(settlement), "phase = :phase", "undoing"),
                *([self._free(begun)] if begun.number else []),
            ]
        )

    def close(self, settlement: Settlement, begun: Settlement) -> None:
        """Write the record of a document that has ended without a decision in the place of a stopped settlement. Raises Taken."""
        self._transact(
            [
                self._put(_item(settlement), "phase = :phase", "undoing"),
                *([self._free(begun)] if begun.number else []),
            ]
        )

    # --- parts of transactions

    def _document(self, before: Document, after: Document) -> "TransactWriteItemTypeDef":
        written = replace(after, revision=before.revision + 1)
        return self._put(document_item(written), "revision = :was", {"N": str(before.revision)}, ":was")

    def _put(
        self,
        item: "dict[str, AttributeValueTypeDef]",
        condition: str,
        value: "str | AttributeValueTypeDef" = "",
        name: str = ":phase",
    ) -> "TransactWriteItemTypeDef":
        put: Any = {"TableName": self.table, "Item": item, "ConditionExpression": condition}
        if value:
            put["ExpressionAttributeValues"] = {name: {"S": value} if isinstance(value, str) else value}
        return {"Put": put}

    def _number(self, settlement: Settlement) -> "TransactWriteItemTypeDef":
        return {
            "Put": {
                "TableName": self.table,
                "Item": {
                    **_number_key(settlement.payee, settlement.number or ""),
                    "invoice": {"S": settlement.document_id},
                    "expires_at": to_seconds(settlement.at + KEPT_FOR),
                },
                "ConditionExpression": "attribute_not_exists(id) OR invoice = :invoice",
                "ExpressionAttributeValues": {":invoice": {"S": settlement.document_id}},
            }
        }

    def _free(self, settlement: Settlement) -> "TransactWriteItemTypeDef":
        return {
            "Delete": {
                "TableName": self.table,
                "Key": _number_key(settlement.payee, settlement.number or ""),
                "ConditionExpression": "attribute_not_exists(id) OR invoice = :invoice",
                "ExpressionAttributeValues": {":invoice": {"S": settlement.document_id}},
            }
        }

    def _ride(self, settlement: Settlement, ride: Owing) -> "TransactWriteItemTypeDef":
        """Settle a ride if it is owed as it was approved: to this payee, at this price, and for no other document."""
        return {
            "Update": {
                "TableName": self.table,
                "Key": _key("ride#", ride.ride_id),
                "UpdateExpression": "SET invoice = :invoice",
                "ConditionExpression": "payee = :payee AND price = :price AND currency = :currency"
                " AND attribute_exists(completed_at) AND (attribute_not_exists(invoice) OR invoice = :invoice)",
                "ExpressionAttributeValues": {
                    ":invoice": {"S": settlement.document_id},
                    ":payee": {"S": settlement.payee},
                    ":price": {"S": str(ride.price.amount)},
                    ":currency": {"S": ride.price.currency},
                },
            }
        }

    def _check(self, document_id: str, phase: Phase) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self.table,
                "Key": _key(SETTLEMENT, document_id),
                "ConditionExpression": "phase = :phase",
                "ExpressionAttributeValues": {":phase": {"S": phase}},
            }
        }

    # --- calls

    def _transact(self, writes: "Sequence[TransactWriteItemTypeDef]") -> None:
        try:
            self.dynamodb.transact_write_items(TransactItems=writes)
        except self.dynamodb.exceptions.TransactionCanceledException as error:
            reasons: Any = error.response.get("CancellationReasons", ())
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                raise Taken("somebody else was faster") from None
            raise

    def _move(self, document_id: str, from_: Iterable[Phase], to: Phase) -> None:
        names = {f":from{number}": {"S": phase} for number, phase in enumerate(sorted(from_))}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(SETTLEMENT, document_id),
                UpdateExpression="SET phase = :to",
                ConditionExpression=f"phase IN ({', '.join(names)})",
                ExpressionAttributeValues={**names, ":to": {"S": to}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            raise Taken("its settlement is in another phase") from None

    def _release(self, ride_id: str, document_id: str) -> None:
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key("ride#", ride_id),
                UpdateExpression="REMOVE invoice",
                ConditionExpression="invoice = :invoice",
                ExpressionAttributeValues={":invoice": {"S": document_id}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it was not held

    def _owner(self, payee: str, number: str | None) -> str | None:
        if not number:
            return None
        item = self.dynamodb.get_item(
            TableName=self.table, Key=_number_key(payee, number), ConsistentRead=True
        ).get("Item")
        return item["invoice"]["S"] if item else None

    def _read(self, ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """Read items as they are now. Those that there are not are left out."""
        keys = [{"id": {"S": id_}} for id_ in dict.fromkeys(ids)]
        for start in range(0, len(keys), _READ_AT_ONCE):
            wanted: Any = {self.table: {"Keys": keys[start : start + _READ_AT_ONCE], "ConsistentRead": True}}
            while wanted:
                answer = self.dynamodb.batch_get_item(RequestItems=wanted)
                yield from answer["Responses"].get(self.table, [])
                wanted = answer.get("UnprocessedKeys")


def settlement_from(item: Mapping[str, Any]) -> Settlement:
    """Decode a settlement. Raises KeyError, TypeError or ValueError if the item holds none."""
    phase: Any = item["phase"]["S"]
    decision: Any = item["decision"]["S"]
    return Settlement(
        document_id=str(item["id"]["S"]).removeprefix(SETTLEMENT),
        payee=item["payee_id"]["S"],
        batch=item["batch"]["S"],
        decision=decision,
        at=from_number(item["at"]),
        phase=phase,
        number=item["number"]["S"] if "number" in item else None,
        amount=Money(amount=Decimal(item["amount"]["S"]), currency=item["currency"]["S"])
        if "amount" in item
        else None,
        due=date.fromisoformat(item["due"]["S"]) if "due" in item else None,
        rides=int(item["rides"]["N"]),
        ride_ids=tuple(ride["S"] for ride in item["ride_ids"]["L"]),
        reasons=tuple(reason["S"] for reason in item["reasons"]["L"]),
    )


def held_rides(entries: Iterable[Entry], document_id: str) -> Iterator[str]:
    """Go through the rides that are held for a document."""
    return (entry.ride_id for entry in entries if entry.invoice == document_id)


def _item(settlement: Settlement) -> "dict[str, AttributeValueTypeDef]":
    item: dict[str, AttributeValueTypeDef] = {
        **_key(SETTLEMENT, settlement.document_id),
        "payee_id": {"S": settlement.payee},  # `payee` is a key of the index of rides
        "batch": {"S": settlement.batch},
        "decision": {"S": settlement.decision},
        "at": to_number(settlement.at),
        "phase": {"S": settlement.phase},
        "rides": {"N": str(settlement.rides)},
        "ride_ids": {"L": [{"S": id_} for id_ in settlement.ride_ids]},
        "reasons": {"L": [{"S": reason} for reason in settlement.reasons]},
        "expires_at": to_seconds(settlement.at + KEPT_FOR),
    }
    if settlement.number:
        item["number"] = {"S": settlement.number}
    if settlement.amount:
        item["amount"] = {"S": str(settlement.amount.amount)}
        item["currency"] = {"S": settlement.amount.currency}
    if settlement.due:
        item["due"] = {"S": settlement.due.isoformat()}
    return item


def _key(kind: str, id_: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": f"{kind}{id_}"}}


def _number_key(payee: str, number: str) -> "dict[str, AttributeValueTypeDef]":
    return _key("number#", f"{payee}#{number}")
