"""EventBridge's schedules: functions that are invoked every minute.

Most minutes bring nothing, and a history may have days of them. So whoever knows when a function next has something to do
tells that, and the minutes before it are left out.
"""

from collections.abc import Callable
from math import ceil, inf
from typing import Any

from tests.simulation.invariants.violation import require
from tests.simulation.lambdas import InvocationFailed
from tests.simulation.stacks import Function

_MINUTE = 60.0
_MOST_IN_VAIN = 500
"""Minutes in a row in which something is due, and is not done."""


class Schedule:
    """Invokes one function. `due` tells when it next has something to do; infinity: never, as far as is known now."""

    def __init__(self, world: Any, function: Function, due: Callable[[], float]) -> None:
        self._world = world
        self._kernel = world.kernel
        self._function = function
        self._due = due
        self._next = inf
        self._last_due = inf
        self._in_vain = 0

    def look(self) -> None:
        """See which minute is the next that brings something, now that this may be another one."""
        due = self._due()
        at = ceil(max(due, self._kernel.now + 0.001) / _MINUTE) * _MINUTE if due < inf else inf
        if at < self._next:
            self._next = at
            self._kernel.after(at - self._kernel.now, lambda: self._tick(at))

    def _tick(self, at: float) -> None:
        if at != self._next:
            return  # another minute came before
        self._next = inf
        due = self._due()
        if due <= self._kernel.now:
            self._in_vain = self._in_vain + 1 if due == self._last_due else 0
            self._last_due = due
            why = f"{self._function.short}, {self._in_vain} times"
            require(self._in_vain < _MOST_IN_VAIN, "what-is-due-is-done", why)
            self._invoke()
            if self._world.faults.happens("tick-doubled"):
                self._kernel.after(10 ** self._world.faults.chance.uniform(-2, 1), self._invoke)
        self.look()

    def _invoke(self) -> None:
        def done(_: Any, __: InvocationFailed | None) -> None:
            return  # the next minute is soon enough

        self._world.lambda_.invoke(self._function, {}, done)
