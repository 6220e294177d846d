"""Pages of a query or a scan."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulation.aws.dynamo import paths
from tests.simulation.aws.dynamo.keys import Key, starting_key_refused
from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.requests import Expressions
from tests.simulation.aws.dynamo.table import Entry, Index, Kept, Table
from tests.simulation.aws.dynamo.values import Item, canonical_item, copied, size

LARGEST = 1 << 20


class Reading:
    """What a query or a scan shows of a table or of one of its indexes."""

    def __init__(self, table: Table, request: Mapping[str, Any], expressions: Expressions) -> None:
        self._table = table
        self.index: Index | None = table.index(request["IndexName"]) if "IndexName" in request else None
        self._expressions = expressions
        self._request = request
        self._counts = request.get("Select") == "COUNT"
        self._names = {*table.schema.names, *(self.index.schema.names if self.index else ())}
        if self.index and request.get("ConsistentRead"):
            raise invalid("Consistent reads are not supported on global secondary indexes")
        self._require_shown(request.get("Select"))

    def start(self) -> Item | None:
        """Read after which key the page begins, if not at the first."""
        if "ExclusiveStartKey" not in self._request:
            return None
        start = canonical_item(self._request["ExclusiveStartKey"])
        schemas = (self._table.schema, *((self.index.schema,) if self.index else ()))
        for name, kind in (each for schema in schemas for each in schema.attributes):
            if kind not in start.get(name, {}):
                raise starting_key_refused()
        if start.keys() != self._names:
            raise starting_key_refused()
        return start

    def page(self, entries: Iterable[Entry]) -> dict[str, Any]:
        """Make the answer from what comes, in order, after the starting key."""
        limit, filter_ = self._request.get("Limit"), self._expressions.prepared.filter
        shown: list[Item] = []
        evaluated: list[Kept] = []
        bytes_ = 0
        answer: dict[str, Any] = {}
        for _, kept in entries:
            item, its_bytes = self._kept(kept)
            bytes_ += its_bytes
            full = bool(evaluated) and bytes_ > LARGEST
            if not full:
                evaluated.append(kept)
                if filter_ is None or filter_.holds(item, self._expressions.values):
                    shown.append(item)
            if full or len(evaluated) == limit:  # whether or not there is more
                last = evaluated[-1].item
                answer["LastEvaluatedKey"] = copied({name: last[name] for name in self._names})
                break
        if not self._counts:
            paths_ = self._expressions.prepared.projection
            answer["Items"] = [
                copied(item if paths_ is None else paths.projected(item, paths_)) for item in shown
            ]
        return answer | {"Count": len(shown), "ScannedCount": len(evaluated)}

    def _kept(self, kept: Kept) -> tuple[Item, int]:
        """What the index has of an item, and its size."""
        if self.index is None or (names := self.index.projected) is None:
            return kept.item, kept.size
        item = {name: value for name, value in kept.item.items() if name in names}
        return item, size(item)

    def _require_shown(self, select: str | None) -> None:
        """Refuse to show what is not there."""
        projection = self._expressions.prepared.projection
        if projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
            raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
        if self.index is None:
            if select == "ALL_PROJECTED_ATTRIBUTES":
                raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
            return
        if self.index.projected is None:
            return
        if select == "ALL_ATTRIBUTES":
            raise _not_projected(
                f"Select type ALL_ATTRIBUTES is not supported for global secondary index {self.index.name}"
                " because its projection type is not ALL"
            )
        if missing := {str(steps[0]) for steps in projection or ()} - self.index.projected:
            raise _not_projected(
                f"Global secondary index {self.index.name} does not project [{', '.join(sorted(missing))}]"
            )


def after(entries: list[Entry], start: Any, *, backward: bool = False) -> list[Entry]:
    """Bring entries in order, and keep those that come after a place."""
    entries.sort(key=lambda entry: entry[0], reverse=backward)
    if start is None:
        return entries
    return [entry for entry in entries if (entry[0] < start if backward else entry[0] > start)]


def place_in_index(index: Index, table: Table, start: Item) -> Key:
    """Where an item with these keys comes in its partition of the index."""
    key, own = index.schema.in_item(start), table.schema.in_item(start)
    assert key is not None
    assert own is not None
    return (*key[1:], *own)


def _not_projected(why: str) -> Refusal:
    return invalid(f"One or more parameter values were invalid: {why}")
