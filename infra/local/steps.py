"""Tell the user what is being done, what is done, and how long it took."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")


class Steps:
    """Prints each step with its seconds when it is done; steps may run side by side."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()
        self._pool = ThreadPoolExecutor(max_workers=8)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Run the block as one step."""
        start = time.monotonic()
        try:
            yield
        except Exception:
            self.console.print(f"  [red]✗[/] {name}", highlight=False)
            raise
        self.console.print(f"  [green]✓[/] {name:<58}{time.monotonic() - start:6.1f} s", highlight=False)

    def start(self, name: str, work: Callable[[], T]) -> "Future[T]":
        """Begin a step in the background; its result, or its error, is the future's."""

        def step() -> T:
            with self(name):
                return work()

        return self._pool.submit(step)

    @property
    def seconds(self) -> float:
        """Since the first step began."""
        return time.monotonic() - self.started
