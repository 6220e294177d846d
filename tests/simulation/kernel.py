"""Virtual time, and everything that happens in it: one heap, one seed, one course of events.

Code that blocks runs as it is. What waits is a task, a greenlet of its own, and time jumps to whatever comes next. The
approach is that of FoundationDB: https://apple.github.io/foundationdb/testing.html
"""

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

START = 1_800_000_000.0
"""When each history begins, in seconds since 1970."""


class Killed(GreenletExit):  # type: ignore[misc]
    """The process of a task is gone. No code may catch it, and none hears of it but `finally`."""


class Task(greenlet):  # type: ignore[misc]
    """Something that waits now and then. `owner` is the process that it belongs to, if any."""

    def __init__(self, work: Callable[[], object], hub: greenlet, owner: Any = None) -> None:
        super().__init__(work, parent=hub)
        self.owner = owner
        self.doomed = False


class Waiting:
    """What wakes a task: once, whoever comes first."""

    __slots__ = ("task",)

    def __init__(self, task: Task) -> None:
        self.task: Task | None = task


class Kernel:
    """The time of one history. `chance` decides whatever is not decided by anything else."""

    def __init__(self, seed: int | str) -> None:
        self.now = START
        self.steps = 0
        self.chance = random.Random(seed)
        self.resumed: Callable[[Any], None] = lambda _: None
        """Called with the owner of a task before it goes on."""
        self._heap: list[tuple[float, int, Callable[[], object] | Waiting]] = []
        self._numbers = itertools.count()
        self._hub = getcurrent()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Let something happen in so many seconds."""
        heappush(self._heap, (self.now + seconds, next(self._numbers), act))

    def spawn(self, work: Callable[[], object], owner: Any = None, after: float = 0.0) -> Task:
        """Begin a task."""
        task = Task(work, self._hub, owner)
        heappush(self._heap, (self.now + after, next(self._numbers), Waiting(task)))
        return task

    def sleep(self, seconds: float) -> None:
        """Let the others go on for so long. The caller is a task."""
        task = self.task()
        heappush(self._heap, (self.now + seconds, next(self._numbers), Waiting(task)))
        self.pause(task)

    def task(self) -> Task:
        """The task that asks."""
        current = getcurrent()
        assert isinstance(current, Task), "only a task can wait"
        if current.doomed:
            raise Killed
        return current

    def pause(self, task: Task) -> None:
        """Wait until somebody wakes this task, which is the caller."""
        self._hub.switch()
        if task.doomed:
            raise Killed

    def wake(self, waiting: Waiting, after: float = 0.0) -> None:
        """Let a task go on, if nobody else has."""
        heappush(self._heap, (self.now + after, next(self._numbers), waiting))

    def kill(self, task: Task) -> None:
        """End a task where it stands. It may be the caller's own: then Killed is raised."""
        if task.doomed or task.dead:
            return
        task.doomed = True
        if task is getcurrent():
            raise Killed
        if task:  # it has begun
            self.resumed(task.owner)
            task.throw(Killed)

    def run(self, until: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until nothing more happens, an instant has come, or it is enough. Tell whether something is left."""
        heap = self._heap
        self._hub = getcurrent()
        while heap and heap[0][0] <= until:
            if not self.steps % 16 and enough():
                return True
            self.now, _, next_ = heappop(heap)
            self.steps += 1
            if isinstance(next_, Waiting):
                task, next_.task = next_.task, None
                if task is not None and not task.doomed:
                    self.resumed(task.owner)
                    task.parent = self._hub
                    task.switch()
            else:
                next_()
        return bool(heap)


class Future:
    """What a task will have done, for another task that waits for it."""

    __slots__ = ("_done", "_error", "_kernel", "_value", "_waiting")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._done = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._waiting: Waiting | None = None

    @property
    def done(self) -> bool:
        """Whether it has come to an end."""
        return self._done

    def set(self, value: Any = None, error: BaseException | None = None) -> None:
        """End it. The second end of one counts for nothing."""
        if self._done:
            return
        self._done, self._value, self._error = True, value, error
        if self._waiting is not None:
            self._kernel.wake(self._waiting)

    def cancel(self) -> bool:
        """Do nothing: what has begun goes on."""
        return False

    def result(self, timeout: float | None = None) -> Any:
        """Wait for it. Raises TimeoutError after so many seconds, and what it has raised."""
        if not self._done:
            task = self._kernel.task()
            self._waiting = Waiting(task)
            if timeout is not None:
                self._kernel.wake(self._waiting, max(0.0, timeout))
            self._kernel.pause(task)
            self._waiting = None
            if not self._done:
                raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value


class News:
    """What is told to those who wait for it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._told: dict[str, Future] = {}

    def tell(self, about: str) -> None:
        """Tell those who wait, and those who come later."""
        self._of(about).set()

    def wait(self, about: str, timeout: float) -> None:
        """Wait for news, or so many seconds. The caller is a task."""
        with suppress(TimeoutError):
            self._of(about).result(timeout)

    def _of(self, about: str) -> Future:
        return self._told.setdefault(about, Future(self._kernel))
