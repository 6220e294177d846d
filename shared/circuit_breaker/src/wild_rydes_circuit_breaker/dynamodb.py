"""Circuits in a DynamoDB table, one item each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from wild_rydes_circuit_breaker.record import Count, Entry, Record, State, Transition
from wild_rydes_circuit_breaker.store import (
    Conflict,
    StoreUnavailable,
    Unreadable,
    changes_wish,
    drops_poll,
    drops_row,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEY_PREFIX = "circuit#"

_RECORD = TypeAdapter(Record)
_BODY = TypeAdapter(dict[str, Any])
_COUNT: TypeAdapter[int] = TypeAdapter(Count)
_ROW = ("row_since", "row_count", "row_striking", "row_reporters")
_POLL = ("poll_since", "poll_calls", "poll_failed", "poll_slow", "poll_reporters", "poll_accusers")


class DynamoDbStore:
    """Keeps circuits in a table whose partition key is `id`.

    An item holds the record as JSON. Beside it are `state`, for people, `revision` and `epoch`, which conditions
    of writes look at and which therefore overrule the JSON (a transition is a write that changes `epoch`), and
    the attributes of row and poll. Each write is one conditional UpdateItem of an item below 1 KB. Reads are strongly consistent, so that a cached
    state is never older than the cache says. The client needs short timeouts: a call to a partner waits for
    it.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def read(self, circuit: str) -> Record:
        """See Store."""
        return record_in(self._item(circuit))

    def repair(self, circuit: str, fresh: Record) -> Record:
        """See Store."""
        item = self._item(circuit)
        try:
            return record_in(item)
        except Unreadable:
            fresh = replace(fresh, revision=_next(item, "revision"), epoch=_next(item, "epoch"))
        expression = _Expression.writing(fresh, over=item.get("revision"))
        expression.remove(*_ROW, *_POLL, "partner_retry_at")
        try:
            return self._update(circuit, expression)
        except Conflict as conflict:
            return conflict.current

    def _item(self, circuit: str) -> Mapping[str, Any]:
        try:
            response = self._dynamodb.get_item(TableName=self._table, Key=_key(circuit), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error
        return response.get("Item", {})

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        """See Store."""
        expression = _Expression.writing(after, over={"N": str(before.revision)} if before.revision else None)
        if changes_wish(before, after):
            expression.set("partner_retry_at", {"N": str(after.partner_retry_at)})
        if drops_row(before, after):
            expression.remove(*_ROW)
        if drops_poll(before, after):
            expression.remove(*_POLL)
        return self._update(circuit, expression)

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        """See Store."""
        expression = _Expression(
            "epoch = :epoch" if epoch else "epoch = :epoch OR attribute_not_exists(epoch)"
        )
        expression.values[":epoch"] = {"N": str(epoch)}
        if entry.in_row:
            expression.set_once("row_since", {"N": str(entry.now)})
            expression.add("row_count", {"N": "1"})
            if entry.striking:
                expression.add("row_striking", {"N": "1"})
                expression.add("row_reporters", {"SS": [entry.by]})
        if window := entry.window:
            expression.set_once("poll_since", {"N": str(entry.now)})
            expression.add("poll_calls", {"N": str(window.calls)})
            expression.add("poll_failed", {"N": str(window.failed)})
            expression.add("poll_slow", {"N": str(window.slow)})
            expression.add("poll_reporters", {"SS": [entry.by]})
            if entry.accuses:
                expression.add("poll_accusers", {"SS": [entry.by]})
        if entry.retry_at:
            expression.set("partner_retry_at", {"N": str(entry.retry_at)})
        return self._update(circuit, expression)

    def _update(self, circuit: str, expression: "_Expression") -> Record:
        try:
            item: Any = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(circuit),
                UpdateExpression=expression.update(),
                ConditionExpression=expression.condition,
                ExpressionAttributeNames=expression.names,
                ExpressionAttributeValues=expression.values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                item = error.response.get("Item")
                raise Conflict(record_in(item)) from None
            raise StoreUnavailable(str(error)) from error
        except BotoCoreError as error:
            raise StoreUnavailable(str(error)) from error
        return record_in(item)


class _Expression:
    """An update expression in the making. It uses placeholders, as some attribute names are reserved."""

    def __init__(self, condition: str) -> None:
        self.condition = condition
        self.names: dict[str, str] = {}
        self.values: dict[str, AttributeValueTypeDef] = {}
        self._clauses: dict[str, list[str]] = {}

    @classmethod
    def writing(cls, record: Record, *, over: "AttributeValueTypeDef | None") -> "_Expression":
        """Write a record, without row, poll and wish, over one whose attribute `revision` is `over`."""
        expression = cls("revision = :before" if over else "attribute_not_exists(revision)")
        if over:
            expression.values[":before"] = over
        body = _RECORD.dump_json(record, exclude={"row", "poll", "partner_retry_at"}).decode()
        expression.set("record", {"S": body})
        expression.set("revision", {"N": str(record.revision)})
        expression.set("epoch", {"N": str(record.epoch)})
        expression.set("state", {"S": record.state})
        return expression

    def set(self, name: str, value: "AttributeValueTypeDef") -> None:
        self._clause("SET", name, f"#{name} = :{name}", value)

    def set_once(self, name: str, value: "AttributeValueTypeDef") -> None:
        self._clause("SET", name, f"#{name} = if_not_exists(#{name}, :{name})", value)

    def add(self, name: str, value: "AttributeValueTypeDef") -> None:
        self._clause("ADD", name, f"#{name} :{name}", value)

    def remove(self, *names: str) -> None:
        for name in names:
            self._clause("REMOVE", name, f"#{name}")

    def update(self) -> str:
        return " ".join(f"{action} {', '.join(parts)}" for action, parts in self._clauses.items())

    def _clause(
        self, action: str, name: str, part: str, value: "AttributeValueTypeDef | None" = None
    ) -> None:
        self.names[f"#{name}"] = name
        if value is not None:
            self.values[f":{name}"] = value
        self._clauses.setdefault(action, []).append(part)


def record_in(item: Mapping[str, Any] | None) -> Record:
    """Decode the record of an item, or of an image in the table's stream. Without an item it is `Record()`.

    Raises Unreadable for an item that holds no circuit, or one that writes under conditions could not change.
    """
    if not item:
        return Record()
    try:
        known = {}
        if any(name in item for name in ("record", "revision", "epoch")):
            known = _BODY.validate_json(item["record"]["S"])
            known |= {"revision": item["revision"]["N"], "epoch": item["epoch"]["N"]}
        record = _RECORD.validate_python(known | _added(item))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unreadable("the item holds no circuit that can be read") from error
    if known and record.revision == 0:
        raise Unreadable("the item has a revision that none is written over")
    return record


def transition_in(
    keys: Mapping[str, Any], old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> Transition | None:
    """Find the transition, if any, in a record of the table's stream, by its keys and both images.

    Raises Unreadable for a new image that holds no circuit. An old one may have been announced as open, so what
    is closed after it is announced.
    """
    circuit, after = keys["id"]["S"].removeprefix(KEY_PREFIX), record_in(new)
    try:
        before = record_in(old)
    except Unreadable:
        return Transition(circuit, Record(state=State.OPEN, opens=1), after)
    return Transition.between(circuit, before, after)


def _added(item: Mapping[str, Any]) -> dict[str, Any]:
    """Find what is not part of the JSON: row, poll and the partner's wish. Each is whole, or not there."""
    found: dict[str, Any] = {"row": None, "poll": None, "partner_retry_at": 0}
    if any(name in item for name in _ROW):
        found["row"] = {
            "since": item["row_since"]["N"],
            "count": item["row_count"]["N"],
            "striking": item["row_striking"]["N"] if "row_striking" in item else 0,
            "reporters": _set(item, "row_reporters"),
        }
    if any(name in item for name in _POLL):
        found["poll"] = {
            "since": item["poll_since"]["N"],
            "tally": {name: item[f"poll_{name}"]["N"] for name in ("calls", "failed", "slow")},
            "reporters": _set(item, "poll_reporters"),
            "accusers": _set(item, "poll_accusers"),
        }
    if "partner_retry_at" in item:
        found["partner_retry_at"] = item["partner_retry_at"]["N"]
    return found


def _set(item: Mapping[str, Any], name: str) -> list[str]:
    return list(item[name]["SS"]) if name in item else []


def _next(item: Mapping[str, Any], name: str) -> int:
    """Count one further, or begin anew if that is not possible."""
    try:
        return _COUNT.validate_python(_COUNT.validate_python(item[name]["N"]) + 1)
    except (LookupError, TypeError, ValueError):
        return 1


def _key(circuit: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": KEY_PREFIX + circuit}}
