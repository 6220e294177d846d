"""How tests wait: until there is what they wait for, however long it takes, and noting how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

PATIENCE = 240.0
"""Seconds until a test gives up what has not come. No verdict depends on it: all waits end as soon as it comes."""

BETWEEN_LOOKS = (0.05, 0.4)
"""Seconds, at first and in the end: many who look all the time keep a slow machine from its work."""

T = TypeVar("T")
Step = tuple[float, str]
"""Seconds, and what took them."""

_steps: list[Step] = []


def eventually(
    look: Callable[[], T | None],
    what: str,
    when: Callable[[T], object] = bool,
    between: tuple[float, float] = BETWEEN_LOOKS,
) -> T:
    """What `look` sees, as soon as it is something and as `when` wants it. Fails with what it saw last."""
    give_up, (pause, longest) = time.monotonic() + PATIENCE, between
    with step(what):
        while (seen := look()) is None or not when(seen):
            assert time.monotonic() < give_up, f"not within {PATIENCE:.0f} s: {what}. Last seen: {seen!r}"
            time.sleep(pause)
            pause = min(longest, pause * 1.2)
        return seen


@contextmanager
def step(what: str) -> Iterator[None]:
    """Note how long it takes to do what is done inside this context."""
    began = time.monotonic()
    try:
        yield
    finally:
        _steps.append((time.monotonic() - began, what))


def take_slowest(count: int) -> list[Step]:
    """The slowest steps noted since this was last asked, the slowest first."""
    taken = sorted(_steps, reverse=True)[:count]
    _steps.clear()
    return taken
