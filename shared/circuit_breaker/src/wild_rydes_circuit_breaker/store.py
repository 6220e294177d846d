"""Where circuits are stored, and how they are changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from wild_rydes_circuit_breaker.record import Entry, Poll, Record, Row, Tally


class StoreUnavailable(Exception):
    """The store did not answer, or not in a way that can be understood: see also `Unreadable`."""


class Unreadable(StoreUnavailable):
    """The store holds something else than a record. `Store.repair` makes it one."""


class Conflict(Exception):
    """Another environment was faster. `current` is what the store holds now."""

    def __init__(self, current: Record) -> None:
        self.current = current
        super().__init__(f"the record is at revision {current.revision}")


class Store(Protocol):
    """Keeps one record per circuit. A circuit that was never written to has `Record()`."""

    def read(self, circuit: str) -> Record:
        """Read the current record, which holds every earlier write. Raises StoreUnavailable and Unreadable."""

    def repair(self, circuit: str, fresh: Record) -> Record:
        """Write `fresh` over what is unreadable, if it still is. Return the record that is then stored.

        Its revision and epoch come after those of the old one, where they can be read. Raises
        StoreUnavailable.
        """

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        """Write `after`, of the next revision, if the stored record still has the revision of `before`.

        Row and poll stay as they are stored. Either is removed if the epoch changes, or if `before` has it
        and `after` has not. The partner's wish stays as stored if `before` and `after` agree on it. Returns
        the record that is then stored. Raises Conflict, and StoreUnavailable: the record may then be written
        or not.
        """

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        """Add to row and poll, or begin them. Return the record that is then stored.

        Many environments may add at once without a conflict. Raises Conflict if the circuit is not in
        `epoch`, and StoreUnavailable.
        """


class MemoryStore:
    """Keeps records in this process, for an environment that cannot reach the shared ones."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def read(self, circuit: str) -> Record:
        """See Store."""
        return self._records.get(circuit, Record())

    def repair(self, circuit: str, fresh: Record) -> Record:  # noqa: ARG002 - of the protocol
        """See Store. Here nothing is unreadable."""
        return self.read(circuit)

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        """See Store."""
        current = self._records.get(circuit, Record())
        if current.revision != before.revision:
            raise Conflict(current)
        self._records[circuit] = replace(
            after,
            row=None if drops_row(before, after) else current.row,
            poll=None if drops_poll(before, after) else current.poll,
            partner_retry_at=after.partner_retry_at
            if changes_wish(before, after)
            else current.partner_retry_at,
        )
        return self._records[circuit]

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        """See Store."""
        current = self._records.get(circuit, Record())
        if current.epoch != epoch:
            raise Conflict(current)
        row, poll, by = current.row, current.poll, frozenset({entry.by})
        if entry.in_row:
            row = row or Row(entry.now, 0, 0, frozenset())
            reporters = row.reporters | by if entry.striking else row.reporters
            row = Row(row.since, row.count + 1, row.striking + entry.striking, reporters)
        if entry.window is not None:
            poll = poll or Poll(entry.now, Tally(), frozenset(), frozenset())
            accusers = poll.accusers | by if entry.accuses else poll.accusers
            poll = Poll(poll.since, poll.tally + entry.window, poll.reporters | by, accusers)
        asked = entry.retry_at or current.partner_retry_at
        self._records[circuit] = replace(current, row=row, poll=poll, partner_retry_at=asked)
        return self._records[circuit]

    def seed(self, circuit: str, record: Record) -> None:
        """Begin with a record from another store."""
        self._records[circuit] = record


def readable(store: Store, circuit: str, *, by: str, now: float) -> tuple[Record, Unreadable | None]:
    """Read a record, after a repair if it takes one: what was wrong is then the second value.

    Raises StoreUnavailable.
    """
    try:
        return store.read(circuit), None
    except Unreadable as error:
        return store.repair(circuit, Record(since=now, reason=str(error), by=by)), error


def drops_row(before: Record, after: Record) -> bool:
    """Say whether a write ends the row."""
    return before.epoch != after.epoch or (before.row is not None and after.row is None)


def drops_poll(before: Record, after: Record) -> bool:
    """Say whether a write ends the poll."""
    return before.epoch != after.epoch or (before.poll is not None and after.poll is None)


def changes_wish(before: Record, after: Record) -> bool:
    """Say whether a write sets or clears what the partner asked for."""
    return before.epoch != after.epoch or before.partner_retry_at != after.partner_retry_at


_ATTEMPTS = 10
"""Each lost race is a write that another won, so even a crowd makes progress."""


def change(
    store: Store, circuit: str, record: Record, rule: Callable[[Record], Record]
) -> tuple[Record, Record]:
    """Apply a rule to the stored record, which was `record` when last seen. Return it before and after.

    The two are the same if the rule has nothing to change. If it has nothing to change in `record`, no call
    is made. Raises Conflict after ten lost races, and StoreUnavailable.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        changed = rule(record)
        if changed is record:
            break
        try:
            return record, store.replace(circuit, record, replace(changed, revision=record.revision + 1))
        except Conflict as conflict:
            if attempt == _ATTEMPTS:
                raise
            record = conflict.current
    return record, record
