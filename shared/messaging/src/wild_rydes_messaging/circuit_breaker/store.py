"""Where circuits are kept, and how they are changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from wild_rydes_messaging.circuit_breaker.record import Record


class StoreUnavailable(Exception):  # noqa: N818 - says what the store is
    """The store gave no answer, or none that can be understood."""


class Conflict(Exception):  # noqa: N818
    """Somebody else wrote first: `current` is what stands there now."""

    def __init__(self, current: Record) -> None:
        self.current = current
        super().__init__(f"the record is at revision {current.revision}")


class Store(Protocol):
    """Keeps one record a circuit. A circuit never written to has `Record()`, revision 0."""

    def read(self, circuit: str) -> Record:
        """The record as it stands, never an older one than a write before it left.

        Raises StoreUnavailable.
        """

    def replace(self, circuit: str, record: Record) -> None:
        """Write `record` if the one that stands there has the revision before its own.

        Raises Conflict with what stands there when it has not, and StoreUnavailable, when it may or may not be written.
        """


class MemoryStore:
    """Keeps records in this process: an environment's own when it cannot reach the shared ones."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def read(self, circuit: str) -> Record:
        """See Store."""
        return self._records.get(circuit, Record())

    def replace(self, circuit: str, record: Record) -> None:
        """See Store."""
        current = self.read(circuit)
        if current.revision != record.revision - 1:
            raise Conflict(current)
        self._records[circuit] = record

    def seed(self, circuit: str, record: Record) -> None:
        """Begin from a record that was kept elsewhere."""
        self._records[circuit] = record


_ATTEMPTS = 10
"""A lost race is somebody else's won write, so that a crowd gets on."""


def change(
    store: Store, circuit: str, record: Record, rule: Callable[[Record], Record]
) -> tuple[Record, Record]:
    """Apply a rule to the stored record, which was `record` when last seen. Return it before and after.

    The two are the same when the rule has nothing to change; no call is made when that is so for `record` already.
    Raises Conflict after ten lost races, and StoreUnavailable.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        changed = rule(record)
        if changed is record:
            break
        changed = replace(changed, revision=record.revision + 1)
        try:
            store.replace(circuit, changed)
        except Conflict as conflict:
            if attempt == _ATTEMPTS:
                raise
            record = conflict.current
        else:
            return record, changed
    return record, record
