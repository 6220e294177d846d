"""The optimistic change: read, apply a rule, write on the condition that nobody else has, else begin again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Conflict(Exception):  # noqa: N818 - the table's word for it
    """Somebody else wrote first. `current` is what the table holds now, None if it holds nothing."""

    def __init__(self, current: Any) -> None:  # noqa: ANN401 - whatever the table holds
        self.current = current
        super().__init__("somebody else wrote first")


class TableBusy(Exception):  # noqa: N818 - a state of the table, and it passes
    """Others were faster each time. The same change may succeed later."""


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a rule found, and what the table holds now. Both are the same when there was nothing to write."""

    before: T
    after: T


def change(
    read: Callable[[], T],
    rule: Callable[[T], T],
    write: Callable[[T, T], T],
    *,
    tries: int = 10,
) -> Change[T]:
    """Apply `rule` in one conditional write, or in none if it changes nothing.

    `write(before, after)` stores `after` if the table still holds `before`, and returns what it stored; otherwise it
    raises Conflict, and the rule is applied again to what the conflict brings. `T` includes None where the item may not
    exist yet. Raises TableBusy after `tries` conflicts, and whatever the three callables raise.
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
    raise TableBusy(f"{tries} others were faster")
