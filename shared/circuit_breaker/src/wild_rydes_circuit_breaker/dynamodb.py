"""Circuits in a DynamoDB table, one item each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from wild_rydes_circuit_breaker.record import Entry, Poll, Record, Row, Tally, Transition
from wild_rydes_circuit_breaker.store import (
    Conflict,
    StoreUnavailable,
    changes_wish,
    drops_poll,
    drops_row,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEY_PREFIX = "circuit#"

_RECORD = TypeAdapter(Record)


class DynamoDbStore:
    """Keeps circuits in a table whose partition key is `id`.

    An item holds the record as JSON. Beside it are `state` and `epoch`, for people and for the filters of the
    table's stream (a transition is a write that changes `epoch`), and the attributes of row and poll. Each
    write is one conditional UpdateItem of an item below 1 KB. Reads are strongly consistent, so that a cached
    state is never older than the cache says. The client needs short timeouts: a call to a partner waits for
    it.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def read(self, circuit: str) -> Record:
        """See Store."""
        try:
            response = self._dynamodb.get_item(TableName=self._table, Key=_key(circuit), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error
        return record_in(response.get("Item"))

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        """See Store."""
        body = _RECORD.dump_json(after, exclude={"row", "poll", "partner_retry_at"}).decode()
        expression = _Expression(
            "revision = :before" if before.revision else "attribute_not_exists(revision)"
        )
        if before.revision:
            expression.values[":before"] = {"N": str(before.revision)}
        expression.set("record", {"S": body})
        expression.set("revision", {"N": str(after.revision)})
        expression.set("epoch", {"N": str(after.epoch)})
        expression.set("state", {"S": after.state})
        if changes_wish(before, after):
            expression.set("partner_retry_at", {"N": str(after.partner_retry_at)})
        if drops_row(before, after):
            expression.remove("row_since", "row_count", "row_reporters")
        if drops_poll(before, after):
            expression.remove(
                "poll_since", "poll_calls", "poll_failed", "poll_slow", "poll_reporters", "poll_accusers"
            )
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

    Raises StoreUnavailable for an item that holds no circuit: it is not trusted.
    """
    if not item:
        return Record()
    try:
        record = _RECORD.validate_json(item["record"]["S"]) if "revision" in item else Record()
        row = poll = None
        if "row_count" in item:
            row = Row(
                _number(item, "row_since"), int(_number(item, "row_count")), _set(item, "row_reporters")
            )
        if "poll_calls" in item:
            calls, failed, slow = (int(_number(item, f"poll_{name}")) for name in ("calls", "failed", "slow"))
            poll = Poll(
                since=_number(item, "poll_since"),
                tally=Tally(calls, failed, slow),
                reporters=_set(item, "poll_reporters"),
                accusers=_set(item, "poll_accusers"),
            )
        asked = _number(item, "partner_retry_at") if "partner_retry_at" in item else 0
        return replace(record, row=row, poll=poll, partner_retry_at=asked)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise StoreUnavailable("the item holds no circuit that can be read") from error


def transition_in(
    keys: Mapping[str, Any], old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> Transition | None:
    """Find the transition, if any, in a record of the table's stream, by its keys and both images."""
    circuit = keys["id"]["S"].removeprefix(KEY_PREFIX)
    return Transition.between(circuit, record_in(old), record_in(new))


def _number(item: Mapping[str, Any], name: str) -> float:
    return float(item[name]["N"])


def _set(item: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(item[name]["SS"]) if name in item else frozenset()


def _key(circuit: str) -> "dict[str, AttributeValueTypeDef]":
    return {"id": {"S": KEY_PREFIX + circuit}}
