"""The feedback table: its keys and expressions. `feedback_items` knows the attributes of its items.

| key `id` | holds | kept |
|---|---|---|
| `ride#<ride id>` | a conversation with its send ledger | `KEPT_FOR` |
| `message#<message id>` | a lookup: the ride that one of our SMS was about | `KEPT_FOR` |
| `inbound#<inbound id>` | a marker: this reply was handled | `REMEMBERED_FOR` |
| `number#<pseudonym>` | the standing of a number | `KEPT_FOR`; for good if it wants no messages |
| `customer#<id>` | when the customer was asked of late | `MONTH` after the last time |
| `responder#<id>` | the rating: sum and count of scores, and how far its revision is ahead of the count | for good |

The table holds no phone number and no text that a customer wrote. Each step is one write: a transaction where
several items change together. `revision` is the optimistic lock of conversations and numbers. The index
`by-due` holds only the conversations that time will change, the index `by-callback` only those whose customer
waits for a call, the index `by-opt-out` only the numbers that want no messages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from feedback.adapters import feedback_items as items
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.frequency_cap import Capped, FrequencyCap
from feedback.domain.number import NumberStanding
from feedback.domain.rating import next_step
from wild_rydes_dynamodb import instants
from wild_rydes_dynamodb.change import Conflict, TableBusy, change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

BY_DUE = "by-due"
"""Index: `due` S, `due_at` N. `due` is always "yes": one partition takes far more writes than we send SMS."""

BY_CALLBACK = "by-callback"
"""Index: `callback` S (always "open"), `callback_at` N."""

BY_OPT_OUT = "by-opt-out"
"""Index: `opt_outs` S (always "all"), `opt_outs_at` N. Opt-outs stored before there was this index join it when their
number is written next."""

KEPT_FOR = timedelta(days=90)
REMEMBERED_FOR = timedelta(days=15)
"""Longer than the 14 days for which a queue can keep a message."""

Revised = TypeVar("Revised", Conversation, NumberStanding)


class Repeated(Exception):
    """This inbound message was handled before."""


class TooSoon(Exception):
    """The customer was asked too short a time ago, or too often of late: `capped` says which, and until when."""

    def __init__(self, capped: Capped) -> None:
        self.capped = capped
        super().__init__(f"{capped.why}: not before {capped.until}")


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which ride an SMS that we sent was about."""

    message_id: str
    ride_id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry of a page, a callback by its ride or an opt-out by its number's pseudonym."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class _List:
    """An index that lists items in order of time. All have one value in its partition key `name`."""

    index: str
    name: str
    value: str
    prefix: str
    """Of the items' ids."""


_CALLBACKS = _List(BY_CALLBACK, "callback", "open", "ride#")
_OPT_OUTS = _List(BY_OPT_OUT, "opt_outs", "all", "number#")


class _TransactionCancelled(Exception):
    """A transaction was cancelled. `codes` has the reason of each of its writes."""

    def __init__(self, codes: Sequence[str]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


def written(of: Revised) -> Revised:
    """Return a conversation or number as the table holds it after a write."""
    return replace(of, revision=of.revision + 1)


class FeedbackTable:
    """The table and its indexes. Methods raise botocore's errors if it throttles or cannot be reached."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, machine: SurveyMachine) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._machine = machine
        limits = machine.limits
        self._cap = FrequencyCap(timedelta(seconds=limits.survey_every), limits.surveys_a_month)

    def conversation(self, ride_id: str) -> Conversation | None:
        """Read the conversation about a ride."""
        item = self._get(f"ride#{ride_id}")
        return items.to_conversation(item) if item else None

    def standing(self, key: str) -> NumberStanding:
        """Read the standing of a number, by its pseudonym. A new number has an empty one."""
        item = self._get(f"number#{key}")
        return items.to_standing(item) if item else NumberStanding(key)

    def ride_of(self, message_id: str) -> str | None:
        """Look up the ride that one of our SMS was about."""
        item = self._get(f"message#{message_id}")
        return item["ride"]["S"] if item else None

    def open(self, conversation: Conversation, ended_at: datetime) -> bool:
        """Write a new conversation about a ride that ended at `ended_at`. False if the ride has one already.

        Whether the customer was asked too short a time ago is judged by the end of the ride: so it is judged alike
        whenever the ride is heard of, and again.

        Raises TooSoon, or TableBusy if another transaction is writing the same items.
        """
        customer_id, now = conversation.customer_id, conversation.created_at

        def asked_again(asked: Sequence[datetime]) -> Sequence[datetime]:
            if capped := self._cap.check(asked, min(ended_at, now)):
                raise TooSoon(capped)
            return self._cap.noted(asked, now)

        def write(before: Sequence[datetime], after: Sequence[datetime]) -> Sequence[datetime]:
            customer = items.from_asked(customer_id, after)
            chosen = self._put(customer, "asked_at = :was" if before else "attribute_not_exists(id)")
            if before:
                chosen["Put"]["ExpressionAttributeValues"] = {":was": instants.to_number(before[-1])}
            try:
                self._transact(self._put_conversation(conversation), chosen)
            except _TransactionCancelled as cancelled:
                if cancelled.codes[0] == "ConditionalCheckFailed":
                    return before
                if cancelled.codes[1] == "ConditionalCheckFailed":
                    raise Conflict(self._asked(customer_id)) from None
                raise TableBusy("another transaction is under way") from None
            return after

        try:
            found = change(lambda: self._asked(customer_id), asked_again, write)
        except TooSoon:
            if self.conversation(conversation.ride_id):  # about this very ride
                return False
            raise
        return found.after != found.before

    def write(
        self,
        *conversations: Conversation,
        standing: NumberStanding | None = None,
        lookup: Lookup | None = None,
        inbound_id: str | None = None,
        now: datetime,
        reread: Callable[[], object] = lambda: None,
    ) -> None:
        """Write all results of one step, or none.

        Raises Repeated if the inbound message was handled before. Raises Conflict, with what `reread` finds,
        if somebody else has written the conversation or the standing since it was read.
        """
        puts: list[TransactWriteItemTypeDef] = []
        if inbound_id is not None:
            handled = items.marker(f"inbound#{inbound_id}", now + REMEMBERED_FOR)
            puts.append(self._put(handled, "attribute_not_exists(id)"))
        puts += map(self._put_conversation, conversations)
        if standing:
            puts.append(self._put_standing(standing, now))
        if lookup:
            mark = items.marker(f"message#{lookup.message_id}", now + KEPT_FOR)
            puts.append({"Put": {"TableName": self._name, "Item": {**mark, "ride": {"S": lookup.ride_id}}}})
        try:
            self._transact(*puts)
        except _TransactionCancelled as cancelled:
            if inbound_id is not None and cancelled.codes[0] == "ConditionalCheckFailed":
                raise Repeated from None
            raise Conflict(reread()) from None

    def due(self, now: datetime) -> Iterator[str]:
        """Find the rides whose conversations are due by `now`, longest overdue first."""
        query: QueryInputTypeDef = {
            "TableName": self._name,
            "IndexName": BY_DUE,
            "KeyConditionExpression": "due = :yes AND due_at <= :now",
            "ExpressionAttributeValues": {":yes": {"S": "yes"}, ":now": instants.to_number(now)},
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
        """Apply a rule to the conversation about a ride. None if the ride has no conversation.

        The lookup is written together with the change, or alone if nothing changes. Raises TableBusy.
        """

        def read() -> Conversation | None:
            return self.conversation(ride_id)

        def apply(before: Conversation | None) -> Conversation | None:
            return before and rule(before)

        def write(_: Conversation | None, after: Conversation | None) -> Conversation | None:
            self.write(*([after] if after else []), lookup=lookup, now=now, reread=read)
            return after and written(after)

        found = change(read, apply, write)
        if lookup and found.after and found.after == found.before:
            self.write(lookup=lookup, now=now)
        return found.after

    def tally(self, conversation: Conversation) -> bool:
        """Have the responder's rating take in the conversation's next score. Raises TableBusy.

        False if there is none, or it was taken in before. That the conversation has changed since it was read does
        not matter: its history only grows, and so does `tallied`.
        """
        if (step := next_step(conversation)) is None:
            return False
        try:
            self._transact(
                {
                    "Update": {
                        "TableName": self._name,
                        "Key": {"id": {"S": f"ride#{conversation.ride_id}"}},
                        "UpdateExpression": "SET tallied = :number, revision = revision + :one",
                        "ConditionExpression": "tallied = :was",
                        "ExpressionAttributeValues": {
                            ":was": items.from_tallied(conversation.tallied),
                            ":number": items.from_tallied(step.number),
                            ":one": {"N": "1"},
                        },
                    }
                },
                {
                    "Update": {
                        "TableName": self._name,
                        "Key": {"id": {"S": f"responder#{conversation.responder_id}"}},
                        "UpdateExpression": "SET latest = :latest ADD scores :count, #total :total, ahead :ahead",
                        "ExpressionAttributeNames": {"#total": "total"},
                        "ExpressionAttributeValues": {
                            ":count": {"N": str(step.count)},
                            ":total": {"N": str(step.total)},
                            ":ahead": {"N": str(1 - step.count)},
                            ":latest": items.from_step(conversation, step),
                        },
                    }
                },
            )
        except _TransactionCancelled as cancelled:
            if cancelled.codes[0] == "ConditionalCheckFailed":
                return False
            raise TableBusy("another transaction is under way") from None
        return True

    def callbacks(self, after: Cursor | None, size: int) -> tuple[Sequence[Conversation], Cursor | None]:
        """Read a page of the conversations whose customer waits for a call, longest waiting first.

        The cursor is the place to continue after, None on the last page.
        """
        found, end = self._page(_CALLBACKS, after, size)
        return [items.to_conversation(item) for item in found], end

    def opt_outs(self, after: Cursor | None, size: int) -> tuple[Sequence[NumberStanding], Cursor | None]:
        """Read a page of the numbers that want no messages, the oldest first. The cursor as for `callbacks`."""
        found, end = self._page(_OPT_OUTS, after, size)
        return [items.to_standing(item) for item in found], end

    def _page(
        self, listing: _List, after: Cursor | None, size: int
    ) -> "tuple[Sequence[Mapping[str, AttributeValueTypeDef]], Cursor | None]":
        query: QueryInputTypeDef = {
            "TableName": self._name,
            "IndexName": listing.index,
            "KeyConditionExpression": f"{listing.name} = :value",
            "ExpressionAttributeValues": {":value": {"S": listing.value}},
            "Limit": size,
        }
        if after:
            query["ExclusiveStartKey"] = {
                "id": {"S": listing.prefix + after.id},
                listing.name: {"S": listing.value},
                f"{listing.name}_at": instants.to_number(after.at),
            }
        page = self._dynamodb.query(**query)
        if "LastEvaluatedKey" not in page:
            return page["Items"], None
        last = page["LastEvaluatedKey"]
        at = instants.from_number(last[f"{listing.name}_at"])
        return page["Items"], Cursor(at, last["id"]["S"].removeprefix(listing.prefix))

    def _asked(self, customer_id: str) -> Sequence[datetime]:
        item = self._get(f"customer#{customer_id}")
        return items.to_asked(item) if item else ()

    def _get(self, id_: str) -> "Mapping[str, AttributeValueTypeDef] | None":
        return self._dynamodb.get_item(TableName=self._name, Key={"id": {"S": id_}}, ConsistentRead=True).get(
            "Item"
        )

    def _put_conversation(self, conversation: Conversation) -> "TransactWriteItemTypeDef":
        wake_at, expires_at = self._machine.wake_at(conversation), conversation.created_at + KEPT_FOR
        item = items.from_conversation(written(conversation), wake_at, expires_at)
        return self._put_over(conversation.revision, item)

    def _put_standing(self, standing: NumberStanding, now: datetime) -> "TransactWriteItemTypeDef":
        return self._put_over(standing.revision, items.from_standing(written(standing), now + KEPT_FOR))

    def _put_over(self, revision: int, item: dict[str, Any]) -> "TransactWriteItemTypeDef":
        put = self._put(item, "revision = :was" if revision else "attribute_not_exists(id)")
        if revision:
            put["Put"]["ExpressionAttributeValues"] = {":was": {"N": str(revision)}}
        return put

    def _put(self, item: dict[str, Any], condition: str) -> "TransactWriteItemTypeDef":
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": condition}}

    def _transact(self, *writes: "TransactWriteItemTypeDef") -> None:
        """Write one transaction. The SDK gives it a token, so that its own retries are no conflict."""
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            if not {"None", "ConditionalCheckFailed", "TransactionConflict"}.issuperset(codes):
                raise
            raise _TransactionCancelled(codes) from None
