"""Workers that share a client, one call at a time, in an order that a test draws, and some of which die at a call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Fate = Literal["goes on", "dies before", "dies after"]
"""What becomes of the worker whose turn it is, at its call."""


class Killed(BaseException):
    """The worker is dead. It catches this as little as a kill -9."""


@dataclass
class Worker:
    """Work that is done in a thread of its own, until its end or its death."""

    work: "Callable[[Any], object]"
    result: object = None
    error: BaseException | None = None
    is_waiting: bool = False
    fate: Fate | None = None
    has_ended: bool = False
    thread: threading.Thread | None = field(default=None, repr=False)


class Turns:
    """Lets workers call a client in turns. `choose` says whose turn it is, of so many, and what becomes of that one."""

    def __init__(self, client: Any, choose: Callable[[int], tuple[int, Fate]]) -> None:
        self._client = client
        self._choose = choose
        self._changed = threading.Condition()

    def run(self, *works: Callable[[Any], object]) -> list[Worker]:
        """Run all work to its end. It gets the client that it has to call."""
        workers = [Worker(work) for work in works]
        for worker in workers:
            worker.thread = threading.Thread(target=self._live, args=(worker,), daemon=True)
            worker.thread.start()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: all(w.is_waiting or w.has_ended for w in workers))
                waiting = [worker for worker in workers if not worker.has_ended]
                if not waiting:
                    return workers
                index, fate = self._choose(len(waiting))
                chosen = waiting[index]
                chosen.fate, chosen.is_waiting = fate, False
                self._changed.notify_all()

    def _live(self, worker: Worker) -> None:
        try:
            worker.result = worker.work(_Client(self, worker, self._client))
        except BaseException as error:  # noqa: BLE001 - a death, too
            worker.error = error
        with self._changed:
            worker.has_ended = True
            self._changed.notify_all()

    def take(self, worker: Worker, call: Callable[[], object]) -> object:
        """Make a call when it is the worker's turn."""
        with self._changed:
            worker.is_waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: worker.fate is not None)
            fate, worker.fate = worker.fate, None
            if fate == "dies before":
                raise Killed
            # Nobody else has a turn meanwhile: the one who gives them waits until this one waits again.
            try:
                return call()
            finally:
                if fate == "dies after":
                    raise Killed


class _Client:
    def __init__(self, turns: Turns, worker: Worker, client: Any) -> None:
        self._turns, self._worker, self._client = turns, worker, client

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name in ("exceptions", "meta") or not callable(attribute):
            return attribute
        if name == "get_paginator":
            return attribute  # its pages count as one moment
        return lambda **request: self._turns.take(self._worker, lambda: attribute(**request))
