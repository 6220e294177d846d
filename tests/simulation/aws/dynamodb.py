"""A model of DynamoDB: the methods of boto3's client, each of one mapping of arguments.

Items come and go as copies, so that nobody can change what a table holds but by a write. Reads that need not be
consistent may see what was there a moment ago, and so may all reads of indexes; the model's maker decides.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from threading import RLock
from typing import Any, TypeVar

from tests.simulation.aws.client import refused
from tests.simulation.aws.dynamo import paths, writes
from tests.simulation.aws.dynamo.keys import Key, key_condition, require_kind, starting_key_refused
from tests.simulation.aws.dynamo.pages import Reading, after, place_in_index
from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.requests import Expressions
from tests.simulation.aws.dynamo.streams import Stream
from tests.simulation.aws.dynamo.table import Entry, Kept, Row, Table, not_found, place
from tests.simulation.aws.dynamo.transactions import Tokens, cancelled, require_distinct
from tests.simulation.aws.dynamo.values import Item, copied, in_order
from tests.simulation.aws.dynamo.writes import Write

Answer = dict[str, Any]
OnChange = Callable[[str, Answer], None]
"""Hears of a change: the table, and the record. Records share what they have in common with one another and with the
table: who hands one on to somebody that may change it hands on a copy."""

Method = TypeVar("Method", bound=Callable[..., Answer])

MOST_READ = 100
MOST_WRITTEN = 25
STALEST = 10.0
TTL_OLDEST = 5 * 365 * 86400
"""What has expired so long ago is not deleted: a mistake may have made it look so old."""

_READ = "ExpressionAttributeNames ProjectionExpression"
_CONDITION = (
    "ConditionExpression ExpressionAttributeNames ExpressionAttributeValues ReturnValues"
    " ReturnValuesOnConditionCheckFailure"
)
_PAGE = (
    "TableName IndexName Limit ExclusiveStartKey Select ConsistentRead FilterExpression ProjectionExpression"
    " ExpressionAttributeNames ExpressionAttributeValues"
)


def _operation(parameters: str) -> Callable[[Method], Method]:
    """Make a method of the client: it takes these parameters, and refuses as botocore does."""
    known = frozenset(parameters.split())

    def decorate(method: Method) -> Method:
        name = "".join(word.capitalize() for word in method.__name__.split("_"))

        @wraps(method)
        def operation(self: "DynamoDb", request: Mapping[str, Any]) -> Answer:
            if not known.issuperset(request):
                raise NotImplementedError(f"{name} with {', '.join(request.keys() - known)}")
            try:
                with self.lock:
                    return method(self, request)
            except Refusal as refusal:
                raise refused(name, refusal.code, refusal.message, **refusal.more) from None

        return operation  # type: ignore[return-value]

    return decorate


class DynamoDb:
    """Tables.

    Args:
        now: the time, in seconds since the epoch.
        on_change: hears of each change of an item of a table with a stream, in order: the table, and the record.
        staleness: decides by how many seconds a read lags, at most `STALEST`. It is asked for reads that may be
            stale, if something has changed so short a time ago. Without it every read finds the newest.
    """

    def __init__(
        self,
        now: Callable[[], float],
        on_change: OnChange | None = None,
        staleness: Callable[[], float] | None = None,
    ) -> None:
        self.lock = RLock()
        self._now = now
        self._on_change = on_change
        self._staleness = staleness
        self._tables: dict[str, Table] = {}
        self._streams: dict[str, Stream] = {}
        self._tokens = Tokens()

    @classmethod
    def of(
        cls,
        tables: Iterable[Mapping[str, Any]],
        now: Callable[[], float],
        on_change: OnChange | None = None,
        staleness: Callable[[], float] | None = None,
    ) -> "DynamoDb":
        """Make it with tables of these properties of `AWS::DynamoDB::Table`."""
        made = cls(now, on_change, staleness)
        for properties in tables:
            made.add(properties)
        return made

    def add(self, properties: Mapping[str, Any]) -> None:
        """Add a table of these properties: CloudFormation's, or boto3's."""
        table = Table(properties, STALEST if self._staleness else 0.0)
        self._tables[table.name] = table
        if table.view:
            self._streams[table.name] = Stream(table)

    def remove(self, name: str) -> None:
        """Remove a table, and all that is in it."""
        del self._tables[name]
        self._streams.pop(name, None)

    def expire(self) -> int:
        """Delete what has expired by now, as DynamoDB does in its own time. Return how much that was."""
        with self.lock:
            now = self._now()
            return sum(self._expire(table, now) for table in self._tables.values() if table.expiry)

    @_operation(f"TableName Item {_CONDITION}")
    def put_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""
        return self._write(writes.put, request, ("NONE", "ALL_OLD"))

    @_operation(f"TableName Key {_CONDITION}")
    def delete_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html"""
        return self._write(writes.delete, request, ("NONE", "ALL_OLD"))

    @_operation(f"TableName Key UpdateExpression {_CONDITION}")
    def update_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
        return self._write(
            writes.update, request, ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
        )

    @_operation(f"TableName Key ConsistentRead {_READ}")
    def get_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""
        expressions = Expressions(request)
        table = self._table(request)
        key, _ = table.schema.of_request(request["Key"])
        kept = self._seen(table, key, consistent=request.get("ConsistentRead", False))
        return {} if kept is None else {"Item": _shown(kept, expressions)}

    @_operation("RequestItems")
    def batch_get_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
        wanted: Mapping[str, Mapping[str, Any]] = request["RequestItems"]
        if sum(len(part["Keys"]) for part in wanted.values()) > MOST_READ:
            raise invalid("Too many items requested for the BatchGetItem call")
        found: dict[str, list[Item]] = {}
        for name, part in wanted.items():
            expressions = Expressions(part)
            table = self._table({"TableName": name})
            keys = {table.schema.of_request(key)[0] for key in part["Keys"]}
            if len(keys) != len(part["Keys"]):
                raise invalid("Provided list of item keys contains duplicates")
            consistent = part.get("ConsistentRead", False)
            # In the order of scans: callers get no order that they could rely on.
            seen = [self._seen(table, key, consistent=consistent) for key in sorted(keys, key=place)]
            found[name] = [_shown(kept, expressions) for kept in seen if kept]
        return {"Responses": found, "UnprocessedKeys": {}}

    @_operation("RequestItems")
    def batch_write_item(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""
        wanted: Mapping[str, list[Mapping[str, Any]]] = request["RequestItems"]
        if sum(map(len, wanted.values())) > MOST_WRITTEN:
            raise invalid("Too many items requested for the BatchWriteItem call")
        made: list[Write] = []
        for name, entries in wanted.items():
            table = self._table({"TableName": name})
            for entry in entries:
                ((kind, what),) = entry.items()
                made.append({"PutRequest": writes.put, "DeleteRequest": writes.delete}[kind](table, what))
        if len({write.place for write in made}) != len(made):
            raise invalid("Provided list of item keys contains duplicates")
        for write in made:
            self._commit(write, write.outcome())
        return {"UnprocessedItems": {}}

    @_operation("TransactItems ClientRequestToken")
    def transact_write_items(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""
        if self._tokens.done(request, self._now()):
            return {}
        made: list[Write] = []
        for entry in request["TransactItems"]:
            ((kind, what),) = entry.items()
            made.append(writes.KINDS[kind](self._table(what), what))
        require_distinct(made)
        outcomes: list[Kept | None] = []
        refusals: list[Refusal | None] = []
        for write in made:
            try:
                outcomes.append(write.outcome())
                refusals.append(None)
            except Refusal as refusal:
                refusals.append(refusal)
        if any(refusals):
            raise cancelled(refusals)
        for write, outcome in zip(made, outcomes, strict=True):
            if write.changes:
                self._commit(write, outcome)
        self._tokens.note(request, self._now())
        return {}

    @_operation(f"KeyConditionExpression ScanIndexForward {_PAGE}")
    def query(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""
        expressions = Expressions(request)
        table = self._table(request)
        reading = Reading(table, request, expressions)
        if expressions.prepared.key_condition is None:
            raise invalid(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        index = reading.index or table.primary
        schema = index.schema if index else table.schema
        wanted = key_condition(*expressions.prepared.key_condition, schema)
        ((name, kind), *sort) = schema.attributes
        value = expressions.values[wanted.partition]
        require_kind(kind, value)
        if expressions.prepared.filter and (
            keys := expressions.prepared.filter.attributes & set(schema.names)
        ):
            raise invalid(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute:"
                f" {min(keys)}"
            )
        partition, start = in_order(kind, value[kind]), reading.start()
        if start is not None and start[name] != value:
            raise starting_key_refused()
        entries: list[Entry]
        first = None
        if index is None:
            kept = self._seen(table, (partition,), consistent=request.get("ConsistentRead", False))
            entries = [((), kept)] if kept and start is None else []
        else:
            now = self._now()
            time = self._time(index.changed(partition), now, request)
            entries = index.read(partition, time, now - STALEST)
            first = place_in_index(index, table, start) if start else None
        if wanted.sort:
            for check in wanted.sort.checks:
                check(expressions.values)
            require_kind(sort[0][1], *map(expressions.values.__getitem__, wanted.sort_values))
            holds, values = wanted.sort.holds, expressions.values
            entries = [entry for entry in entries if holds(entry[1].item, values)]
        return reading.page(after(entries, first, backward=not request.get("ScanIndexForward", True)))

    @_operation(_PAGE)
    def scan(self, request: Mapping[str, Any]) -> Answer:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html"""
        expressions = Expressions(request)
        table = self._table(request)
        reading = Reading(table, request, expressions)
        start = reading.start()
        consistent = request.get("ConsistentRead", False)
        entries: list[Entry] = []
        for row in table.rows.values():
            kept = self._of(row, consistent=consistent)
            if kept and (reading.index is None or reading.index.schema.in_item(kept.item) is not None):
                entries.append((place(row.key), kept))
        own = table.schema.in_item(start) if start else None
        return reading.page(after(entries, place(own) if own else None))

    def _table(self, request: Mapping[str, Any]) -> Table:
        try:
            return self._tables[request["TableName"]]
        except KeyError:
            raise not_found() from None

    def _write(
        self,
        kind: Callable[[Table, Mapping[str, Any]], Write],
        request: Mapping[str, Any],
        returned: tuple[str, ...],
    ) -> Answer:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in returned:
            raise invalid("Return values set to invalid value")
        write = kind(self._table(request), request)
        following = write.outcome()
        self._commit(write, following)
        kept = None if wanted == "NONE" else write.before if wanted.endswith("OLD") else following
        if kept is None:
            return {}
        shown = kept.item
        if wanted.startswith("UPDATED"):
            shown = paths.projected(shown, write.updated)
        return {"Attributes": copied(shown)} if shown else {}

    def _commit(self, write: Write, following: Kept | None, *, expired: bool = False) -> None:
        now, table = self._now(), write.table
        if table.write(write.key, following, now) and self._on_change and table.view:
            record = self._streams[table.name].record(write.before, following, now, expired=expired)
            self._on_change(table.name, record)

    def _expire(self, table: Table, now: float) -> int:
        over: list[Key] = []
        for row in table.rows.values():
            at = row.kept and row.kept.item.get(str(table.expiry), {}).get("N")
            if at and now - TTL_OLDEST <= float(at) <= now:
                over.append(row.key)
        for key in over:
            self._commit(Write(table, key), None, expired=True)
        return len(over)

    def _seen(self, table: Table, key: Key, *, consistent: bool) -> Kept | None:
        row = table.rows.get(key)
        return self._of(row, consistent=consistent) if row else None

    def _of(self, row: Row, *, consistent: bool) -> Kept | None:
        """What a read finds in a place."""
        if self._staleness is None or consistent:
            return row.kept
        time = self._time(row.since, self._now(), {})
        return row.kept if time is None else row.as_of(time)

    def _time(self, changed: float, now: float, request: Mapping[str, Any]) -> float | None:
        """As of when a read of something sees it that has changed at a time; None: as it is."""
        if self._staleness is None or request.get("ConsistentRead") or changed <= now - STALEST:
            return None
        time = now - min(self._staleness(), STALEST)
        return None if changed <= time else time


def _shown(kept: Kept, expressions: Expressions) -> Item:
    paths_ = expressions.prepared.projection
    return copied(kept.item if paths_ is None else paths.projected(kept.item, paths_))
