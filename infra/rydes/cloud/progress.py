"""Show the user which steps run, which are done, and how long each took."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")


class Progress:
    """Prints each step with its seconds when it is done; a terminal also shows the running ones."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()
        self._running: list[str] = []
        self._status = console.status("")
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=8)

    @contextmanager
    def __call__(self, name: str) -> Generator[None, None, None]:
        """Run the block inside this context as one step."""
        start = time.monotonic()
        self._show(self._running.append, name)
        try:
            yield
        except Exception:
            self._report("[red]✗[/]", name, start)
            raise
        else:
            self._report("[green]✓[/]", name, start)
        finally:
            self._show(self._running.remove, name)

    def _report(self, mark: str, name: str, start: float) -> None:
        self.console.print(f"  {mark} {name:<58}{time.monotonic() - start:6.1f} s", highlight=False)

    def _show(self, change: Callable[[str], None], name: str) -> None:
        with self._lock:
            change(name)
            self._status.update(", ".join(self._running))
            (self._status.start if self._running else self._status.stop)()

    def start(self, name: str, work: Callable[[], T]) -> "Future[T]":
        """Begin a step in the background; the future has its result, or its error."""

        def step() -> T:
            with self(name):
                return work()

        return self.run(step)

    def run(self, work: Callable[[], T]) -> "Future[T]":
        """Begin work in the background that reports its steps by itself."""
        return self._pool.submit(work)

    @property
    def seconds(self) -> float:
        """Seconds since the first step began."""
        return time.monotonic() - self.started
