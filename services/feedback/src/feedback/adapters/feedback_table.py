"""The feedback table: the only place that knows its keys and expressions. What an item holds is in `items.py`.

| key `id` | holds | kept |
|---|---|---|
| `ride#<ride id>` | a conversation with its send ledger | `KEPT_FOR` |
| `message#<message id>` | lookup: the ride that an SMS of ours was about | `KEPT_FOR` |
| `inbound#<inbound id>` | nothing: this reply was handled | `REMEMBERED_FOR` |
| `number#<pseudonym>` | a number's standing, and who was asked on it | `KEPT_FOR`; for good while it wants no messages |
| `customer#<id>` | when the customer was last chosen for a survey | `REMEMBERED_FOR` |
| `responder#<id>` | the sum and count of the responder's scores | for good |

No number stands in the table, nor what a customer wrote. Each step is one write: a transaction where several items change
together. `version` is the optimistic lock of conversations and numbers. The index `by-due` holds just the conversations
that time will change, the index `by-callback` just those whose customer waits for a call.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback.adapters import feedback_items as items
from feedback.domain.conversation import Conversation, Machine
from feedback.domain.number import Number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

BY_DUE = "by-due"
"""Index: `due` S (always "yes"; all writers together send far fewer SMS than one partition takes writes), `due_at` N."""

BY_CALLBACK = "by-callback"
"""Index: `callback` S (always "open"), `callback_at` N."""

KEPT_FOR = timedelta(days=90)
REMEMBERED_FOR = timedelta(days=15)
"""Longer than the 14 days for which a queue can hold back a message."""

SURVEY_EVERY = timedelta(days=1)

_TRIES = 10


class Stale(Exception):  # noqa: N818 - says what our copy was
    """Someone else wrote in between. Read again, and decide again."""


class Repeated(Exception):  # noqa: N818 - says what the message is
    """This inbound message was handled before."""


class TooSoon(Exception):  # noqa: N818 - says when it is
    """The customer was chosen for a survey less than a day ago."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which ride an SMS that we sent was about."""

    message_id: str
    ride_id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of open callbacks ends."""

    at: datetime
    ride_id: str


class _Refused(Exception):  # noqa: N818 - says what became of it
    """A transaction was refused; the code of each of its parts."""

    def __init__(self, codes: Sequence[str]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class Store:
    """The table and its indexes. Methods raise botocore's errors where the table cannot be reached or throttles."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, machine: Machine) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._machine = machine

    def conversation(self, ride_id: str) -> Conversation | None:
        """The conversation about a ride."""
        item = self._get(f"ride#{ride_id}")
        return items.to_conversation(item) if item else None

    def number(self, key: str) -> Number:
        """What is known of a number, by its pseudonym; nothing of a new one."""
        item = self._get(f"number#{key}")
        return items.to_number(item) if item else Number(key)

    def ride_of(self, message_id: str) -> str | None:
        """The ride that an SMS of ours was about."""
        item = self._get(f"message#{message_id}")
        return item["ride"]["S"] if item else None

    def open(self, conversation: Conversation) -> bool:
        """Write a new conversation, unless the ride has one: then False. Raises TooSoon."""
        now = conversation.created_at
        customer = items.mark(f"customer#{conversation.customer_id}", now + REMEMBERED_FOR)
        chosen = self._put(
            {**customer, "asked_at": items.number(now)}, "attribute_not_exists(id) OR asked_at <= :before"
        )
        chosen["Put"]["ExpressionAttributeValues"] = {":before": items.number(now - SURVEY_EVERY)}
        try:
            self._transact(self._put_conversation(conversation), chosen)
        except _Refused as refused:
            if refused.codes[0] == "ConditionalCheckFailed":
                return False
            if refused.codes[1] == "ConditionalCheckFailed":
                raise TooSoon from None
            raise Stale from None
        return True

    def write(
        self,
        conversation: Conversation | None = None,
        number: Number | None = None,
        lookup: Lookup | None = None,
        inbound_id: str | None = None,
        *,
        now: datetime,
    ) -> None:
        """Write what follows from one step, all or nothing.

        Raises Repeated when the inbound message was handled before, Stale when conversation or number are no longer what
        was read.
        """
        puts: list[TransactWriteItemTypeDef] = []
        if inbound_id is not None:
            handled = items.mark(f"inbound#{inbound_id}", now + REMEMBERED_FOR)
            puts.append(self._put(handled, "attribute_not_exists(id)"))
        if conversation:
            puts.append(self._put_conversation(conversation))
        if number:
            puts.append(self._put_version(items.from_number(number, now + KEPT_FOR), number.version))
        if lookup:
            mark = items.mark(f"message#{lookup.message_id}", now + KEPT_FOR)
            puts.append({"Put": {"TableName": self._name, "Item": {**mark, "ride": {"S": lookup.ride_id}}}})
        try:
            self._transact(*puts)
        except _Refused as refused:
            if inbound_id is not None and refused.codes[0] == "ConditionalCheckFailed":
                raise Repeated from None
            raise Stale from None

    def due(self, now: datetime) -> Iterator[str]:
        """The rides of the conversations that time changes by `now`, longest overdue first."""
        query: QueryInputTypeDef = {
            "TableName": self._name,
            "IndexName": BY_DUE,
            "KeyConditionExpression": "due = :yes AND due_at <= :now",
            "ExpressionAttributeValues": {":yes": {"S": "yes"}, ":now": items.number(now)},
        }
        while True:
            page = self._dynamodb.query(**query)
            yield from (items.ride_id(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def change(
        self,
        ride_id: str,
        rule: Callable[[Conversation], Conversation],
        now: datetime,
        lookup: Lookup | None = None,
    ) -> Conversation | None:
        """Apply a rule to a conversation in one conditional write; in none if it changes nothing. None: no such ride.

        A lookup is written in any case, in the same write.

        When someone was faster, the rule is applied again to what they wrote. Raises Stale when that happens too often.
        """
        for _ in range(_TRIES):
            before = self.conversation(ride_id)
            if before is None:
                return None
            after = rule(before)
            changed = after if after != before else None
            try:
                if changed or lookup:
                    self.write(changed, lookup=lookup, now=now)
            except Stale:
                continue
            return after
        raise Stale(f"{_TRIES} others were faster")

    def tally(self, conversation: Conversation) -> bool:
        """Add a conversation's score to its responder's, once. False when that was done before."""
        try:
            self._transact(
                {
                    "Update": {
                        "TableName": self._name,
                        "Key": {"id": {"S": f"ride#{conversation.ride_id}"}},
                        "UpdateExpression": "SET tallied = :true, version = version + :one",
                        "ConditionExpression": "tallied = :false",
                        "ExpressionAttributeValues": {
                            ":true": {"BOOL": True},
                            ":false": {"BOOL": False},
                            ":one": {"N": "1"},
                        },
                    }
                },
                {
                    "Update": {
                        "TableName": self._name,
                        "Key": {"id": {"S": f"responder#{conversation.responder_id}"}},
                        "UpdateExpression": "SET latest = :latest ADD scores :one, #total :score",
                        "ExpressionAttributeNames": {"#total": "total"},
                        "ExpressionAttributeValues": {
                            ":one": {"N": "1"},
                            ":score": {"N": str(conversation.score)},
                            ":latest": items.from_latest(conversation),
                        },
                    }
                },
            )
        except _Refused as refused:
            if refused.codes[0] == "ConditionalCheckFailed":
                return False
            raise Stale from None
        return True

    def callbacks(self, after: Cursor | None, size: int) -> tuple[Sequence[Conversation], Cursor | None]:
        """A page of the conversations whose customer waits for a call, longest first, and where it ends if not there."""
        query: QueryInputTypeDef = {
            "TableName": self._name,
            "IndexName": BY_CALLBACK,
            "KeyConditionExpression": "callback = :open",
            "ExpressionAttributeValues": {":open": {"S": "open"}},
            "Limit": size,
        }
        if after:
            query["ExclusiveStartKey"] = {
                "id": {"S": f"ride#{after.ride_id}"},
                "callback": {"S": "open"},
                "callback_at": items.number(after.at),
            }
        page = self._dynamodb.query(**query)
        last = page.get("LastEvaluatedKey")
        end = Cursor(items.instant(last["callback_at"]), items.ride_id(last)) if last else None
        return [items.to_conversation(item) for item in page["Items"]], end

    def _get(self, id_: str) -> "Mapping[str, AttributeValueTypeDef] | None":
        return self._dynamodb.get_item(TableName=self._name, Key={"id": {"S": id_}}, ConsistentRead=True).get(
            "Item"
        )

    def _put_conversation(self, conversation: Conversation) -> "TransactWriteItemTypeDef":
        item = items.from_conversation(
            conversation, self._machine.wake_at(conversation), conversation.created_at + KEPT_FOR
        )
        return self._put_version(item, conversation.version)

    def _put_version(self, item: dict[str, Any], version: int) -> "TransactWriteItemTypeDef":
        put = self._put(item, "version = :was" if version else "attribute_not_exists(id)")
        if version:
            put["Put"]["ExpressionAttributeValues"] = {":was": {"N": str(version)}}
        return put

    def _put(self, item: dict[str, Any], condition: str) -> "TransactWriteItemTypeDef":
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": condition}}

    def _transact(self, *writes: "TransactWriteItemTypeDef") -> None:
        """One transaction. The SDK gives it a token, so that its own retries do not refuse themselves."""
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            if not {"None", "ConditionalCheckFailed", "TransactionConflict"}.issuperset(codes):
                raise
            raise _Refused(codes) from None
