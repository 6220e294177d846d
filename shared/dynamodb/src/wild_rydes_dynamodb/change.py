"""The optimistic change: read, apply a rule, write if nobody else has written meanwhile, else start over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Conflict(Exception):
    """Another writer was faster, once. `current` is what the table holds now: None if it holds nothing."""

    transient = True

    def __init__(self, current: Any) -> None:  # noqa: ANN401 - whatever the table holds
        self.current = current
        super().__init__("another writer was faster")


class TableBusy(Exception):
    """Other writers were faster every time. The same change may succeed later."""

    transient = True


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What the table held before a change and after it. The two are equal if there was nothing to write."""

    before: T
    after: T


def change(
    read: Callable[[], T],
    rule: Callable[[T], T],
    write: Callable[[T, T], T],
    *,
    tries: int = 10,
) -> Change[T]:
    """Apply `rule` in one conditional write, or in none if the rule changes nothing.

    `write(before, after)` stores `after` if the table still holds `before`, and returns what it stored.
    Otherwise it raises Conflict, and the rule is applied to the conflict's `current`. `T` includes None where
    the item may be missing. Raises TableBusy after `tries` conflicts. Any other error of the three callables
    passes through.
    """
    before = read()
    for _ in range(tries):
        after = rule(before)
        if after == before:
            return Change(before, before)
        try:
            return Change(before, write(before, after))
        except Conflict as conflict:
            before = conflict.current
    raise TableBusy(f"{tries} other writers were faster")
