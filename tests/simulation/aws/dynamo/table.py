"""A table's items, its indexes, and what they were a short while ago."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.simulation.aws.dynamo.keys import Key, KeySchema
from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.values import Item, size, streamed

LARGEST = 400 * 1024
_ALWAYS = float("-inf")


Entry = tuple[Any, "Kept"]
"""An item, after its place in an order."""


class Kept:
    """An item as a table keeps it, with what follows from it. It never changes."""

    __slots__ = ("_image", "item", "size")

    def __init__(self, item: Item, before: "Kept | None" = None) -> None:
        self.item = item
        self._image: Item | None = None
        if before is None:
            self.size = size(item)
            return
        # Of an update little is new.
        was = before.item
        new = {name: value for name, value in item.items() if was.get(name) is not value}
        gone = {name: was[name] for name in new if name in was}
        if len(item) != len(was) + len(new) - len(gone):
            gone |= {name: value for name, value in was.items() if name not in item}
        self.size = before.size - size(gone) + size(new)
        if before._image:
            image = before._image | streamed(new)
            for name in gone.keys() - new.keys():
                del image[name]
            self._image = image

    @property
    def image(self) -> Item:
        """The item as a stream shows it."""
        if self._image is None:
            self._image = streamed(self.item)
        return self._image


class Row:
    """The place of one item: the item that is there, and those that were there before."""

    __slots__ = ("earlier", "kept", "key", "since")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.kept: Kept | None = None
        self.since = _ALWAYS
        self.earlier: list[tuple[float, Kept | None]] = []
        """What was here, and since when; the latest is last."""

    def as_of(self, time: float) -> Kept | None:
        """Find what was here at a time."""
        if self.since <= time:
            return self.kept
        for since, kept in reversed(self.earlier):
            if since <= time:
                return kept
        return None

    def keep(self, kept: Kept | None, now: float, history: float) -> None:
        """Put another item here, and forget what nobody can see any more."""
        if history:
            self.earlier.append((self.since, self.kept))
            while len(self.earlier) > 1 and self.earlier[1][0] <= now - history:
                del self.earlier[0]
        self.kept, self.since = kept, now


class Index:
    """The items of a table that have this key, by partition. The table itself is one, too, if it has a sort key."""

    def __init__(self, name: str, schema: KeySchema, projected: frozenset[str] | None) -> None:
        self.name = name
        self.schema = schema
        self.projected = projected
        """The attributes that it has; None if it has all."""
        self._partitions: dict[Any, dict[Key, tuple[Key | None, Row]]] = {}
        """The rows of each partition and their places in the order; None is the place of what has left it."""
        self._changed: dict[Any, float] = {}

    def note(self, row: Row, before: Kept | None, after: Kept | None, now: float, *, history: float) -> None:
        """Follow a change of an item."""
        if before and after and self.schema.is_same(before.item, after.item):
            partition = self.schema.partition_of(after.item)
            if partition is not None:
                self._changed[partition] = now
            return
        was = self.schema.in_item(before.item) if before else None
        key = self.schema.in_item(after.item) if after else None
        if was is not None:
            self._changed[was[0]] = now
            if key is None or key[0] != was[0]:
                if history:
                    self._partitions[was[0]][row.key] = None, row
                else:  # nobody asks what was there
                    del self._partitions[was[0]][row.key]
        if key is not None:
            self._changed[key[0]] = now
            self._partitions.setdefault(key[0], {})[row.key] = (*key[1:], *row.key), row

    def changed(self, partition: Any) -> float:
        """When a partition has changed."""
        return self._changed.get(partition, _ALWAYS)

    def read(self, partition: Any, time: float | None, oldest: float) -> list[Entry]:
        """List a partition's items, as they are or as they were at a time, with their place in the order."""
        rows = self._partitions.get(partition, {})
        if time is not None:
            return [entry for _, row in rows.values() if (entry := self._entry(partition, row, time))]
        for gone in [row.key for place, row in rows.values() if place is None and row.since <= oldest]:
            del rows[gone]
        return [(place, row.kept) for place, row in rows.values() if place and row.kept]

    def _entry(self, partition: Any, row: Row, time: float) -> Entry | None:
        kept = row.as_of(time)
        key = self.schema.in_item(kept.item) if kept else None
        if kept is None or key is None or key[0] != partition:
            return None
        return (*key[1:], *row.key), kept


class Table:
    """One table. `history` is how many seconds back its earlier states are kept."""

    def __init__(self, properties: Mapping[str, Any], history: float) -> None:
        definitions = properties["AttributeDefinitions"]
        self.name: str = properties["TableName"]
        self.properties = properties
        self.schema = KeySchema.of(properties["KeySchema"], definitions)
        self.keys = frozenset(self.schema.names)
        self.indexes: dict[str, Index] = {}
        for index in properties.get("GlobalSecondaryIndexes") or ():
            schema = KeySchema.of(index["KeySchema"], definitions)
            names = {*self.keys, *schema.names, *index["Projection"].get("NonKeyAttributes", ())}
            whole = index["Projection"]["ProjectionType"] == "ALL"
            self.indexes[index["IndexName"]] = Index(
                index["IndexName"], schema, None if whole else frozenset(names)
            )
        self.primary = Index("", self.schema, None) if len(self.keys) > 1 else None
        stream = properties.get("StreamSpecification") or {}
        self.view: str | None = stream.get("StreamViewType")
        ttl = properties.get("TimeToLiveSpecification") or {}
        self.expiry: str | None = ttl["AttributeName"] if ttl.get("Enabled") else None
        self.rows: dict[Key, Row] = {}
        self._history = history
        self._followers = [*self.indexes.values(), *([self.primary] if self.primary else [])]

    def kept(self, key: Key) -> Kept | None:
        """Find what is there now."""
        row = self.rows.get(key)
        return row.kept if row else None

    def keepable(self, item: Item, before: Kept | None = None, *, updated: bool = False) -> Kept:
        """Make of an item what can be kept, or refuse it."""
        for index in self.indexes.values():
            index.schema.require_indexable(item, index.name, updated=updated)
        kept = Kept(item, before)
        if kept.size > LARGEST:
            raise invalid(
                "Item size to update has exceeded the maximum allowed size"
                if updated
                else "Item size has exceeded the maximum allowed size"
            )
        return kept

    def write(self, key: Key, kept: Kept | None, now: float) -> bool:
        """Put an item in its place, or None in place of it. Tell whether that changes anything."""
        row = self.rows.get(key)
        if row is None:
            if kept is None:
                return False
            row = self.rows[key] = Row(key)
        before = row.kept
        if before is kept or (before and kept and before.item == kept.item):
            return False
        row.keep(kept, now, self._history)
        for index in self._followers:
            index.note(row, before, kept, now, history=self._history)
        if kept is None and not self._history:
            del self.rows[key]
        return True

    def index(self, name: str) -> Index:
        """Find an index."""
        if name not in self.indexes:
            raise invalid(f"The table does not have the specified index: {name}")
        return self.indexes[name]


def place(key: Key) -> tuple[bytes, Key]:
    """Where an item comes in a scan: by a hash of its partition key, so that the order says nothing."""
    return hashlib.blake2b(repr(key[0]).encode(), digest_size=8).digest(), key[1:]


def not_found() -> Refusal:
    """Make the refusal of a call for a table that there is not."""
    return Refusal("ResourceNotFoundException", "Requested resource not found")
