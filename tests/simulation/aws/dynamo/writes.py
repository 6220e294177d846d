"""Writes of one item: what a request says, and what comes of it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.aws.dynamo.conditions import Condition
from tests.simulation.aws.dynamo.keys import Key
from tests.simulation.aws.dynamo.paths import Steps
from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.requests import Expressions
from tests.simulation.aws.dynamo.table import Kept, Table
from tests.simulation.aws.dynamo.updates import Update
from tests.simulation.aws.dynamo.values import Item, Value, canonical_item, copied


class Write:
    """A write of one item; of itself it deletes it."""

    changes = True

    def __init__(self, table: Table, key: Key, request: Mapping[str, Any] | None = None) -> None:
        self.table = table
        self.key = key
        self.before = table.kept(key)
        self.updated: tuple[Steps, ...] = ()
        self.values: Mapping[str, Value] = {}
        self.condition: Condition | None = None
        self._returns_old = False
        if request:
            self._returns_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"

    @property
    def place(self) -> tuple[str, Key]:
        """Which item it writes."""
        return self.table.name, self.key

    def told(self, expressions: Expressions) -> "Write":
        """Heed a condition."""
        self.condition, self.values = expressions.prepared.condition, expressions.values
        return self

    def outcome(self) -> Kept | None:
        """Work out what follows, None if there will be no item, or refuse. Nothing is written."""
        item = self.before.item if self.before else {}
        if self.condition and not self.condition.holds(item, self.values):
            more = {"Item": copied(item)} if self._returns_old and item else {}
            raise Refusal("ConditionalCheckFailedException", "The conditional request failed", **more)
        return self._following()

    def _following(self) -> Kept | None:
        return None


class _Put(Write):
    item: Item

    def _following(self) -> Kept | None:
        return self.table.keepable(self.item)


class _Update(Write):
    update: Update | None
    key_item: Item

    def _following(self) -> Kept | None:
        item = self.before.item if self.before else self.key_item
        if self.update is None:
            return self.before or self.table.keepable(item)
        after = self.update.applied(item, self.values)
        if self.before is None and not self.update.creates:
            return None
        return self.table.keepable(after, self.before, updated=True)


class _Check(Write):
    changes = False


def put(table: Table, request: Mapping[str, Any]) -> Write:
    """Read a put."""
    expressions = Expressions(request)
    item = canonical_item(request["Item"])
    write = _Put(table, table.schema.of_new(item), request)
    write.item = item
    return write.told(expressions)


def delete(table: Table, request: Mapping[str, Any]) -> Write:
    """Read a deletion."""
    expressions = Expressions(request)
    key, _ = table.schema.of_request(request["Key"])
    return Write(table, key, request).told(expressions)


def update(table: Table, request: Mapping[str, Any]) -> Write:
    """Read an update."""
    expressions = Expressions(request)
    key, item = table.schema.of_request(request["Key"])
    write = _Update(table, key, request)
    write.update, write.key_item = expressions.prepared.update, item
    if expressions.prepared.update:
        write.updated = expressions.prepared.update.paths
        if written := expressions.prepared.update.attributes & table.keys:
            raise invalid(
                "One or more parameter values were invalid: Cannot update attribute"
                f" {min(written)}. This attribute is part of the key"
            )
    return write.told(expressions)


def check(table: Table, request: Mapping[str, Any]) -> Write:
    """Read a condition check."""
    expressions = Expressions(request)
    key, _ = table.schema.of_request(request["Key"])
    return _Check(table, key, request).told(expressions)


KINDS: dict[str, Callable[[Table, Mapping[str, Any]], Write]] = {
    "Put": put,
    "Delete": delete,
    "Update": update,
    "ConditionCheck": check,
}
"""What a transaction can have."""
