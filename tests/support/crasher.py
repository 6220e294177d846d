"""Kills workers in the middle of a step, just before or just after one of their AWS calls."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from infra.rydes.cloud.cloud import Cloud
from tests.support.aws_proxy import Abandoned, AwsProxy, Request, Response
from tests.support.patience import step

PUSH = "PostToConnection"


@dataclass(frozen=True)
class Crash:
    """The worker that makes this call dies by kill -9, once.

    Of a batch's entries, one has to hold `holding`. `carried_out`: the call takes effect, and its caller dies before it
    hears of that; otherwise the call is never made.
    """

    function: str
    operation: str
    holding: str = ""
    carried_out: bool = False

    def __str__(self) -> str:
        when = "after" if self.carried_out else "before"
        return f"{when} {self.operation} {self.holding} of {self.function}"


class Crasher(AwsProxy):
    """Lets workers of one cloud die at the calls that are about something: each armed crash comes to pass once."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud.settings.port)
        self._lock = threading.Lock()
        self._armed: list[tuple[Crash, tuple[str, ...]]] = []

    def arm(self, crash: Crash, *ids: str) -> None:
        """Let a worker die at the first such call that is about one of these ids."""
        with self._lock:
            self._armed.append((crash, ids))

    def disarm(self, crash: Crash, *ids: str) -> None:
        """Let nobody die at calls that are about these ids, unless somebody has."""
        with self._lock, suppress(ValueError):
            self._armed.remove((crash, ids))

    @property
    def armed(self) -> list[Crash]:
        """The crashes that have not come to pass."""
        with self._lock:
            return [crash for crash, _ in self._armed]

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, if the caller does not die first."""
        caller = request.caller
        crash = self._due(request, caller.function) if caller else None
        if caller is None or crash is None:
            return forward()
        with step(f"a worker killed {crash}"):
            caller.pause()  # it dies in this call, however long that takes: it neither gives up nor tries again
            try:
                if crash.carried_out:
                    forward()
            finally:
                caller.kill()
        raise Abandoned

    def _due(self, request: Request, function: str) -> Crash | None:
        with self._lock:
            named = [
                armed
                for armed in self._armed
                if (armed[0].function, armed[0].operation) == (function, request.operation)
            ]
            parts = list(_parts(request)) if named else []
            for armed in named:
                crash, ids = armed
                if any(crash.holding in part and any(id_ in part for id_ in ids) for part in parts):
                    self._armed.remove(armed)
                    return crash
        return None


def _parts(request: Request) -> Iterator[str]:
    """What a request is about: the entries of a batch each, or all of it."""
    content = request.content
    for part in content.get("Entries", [content]):
        yield json.dumps(part)
