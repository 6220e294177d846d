"""Kills workers in the middle of a step, just before or just after one of their AWS calls."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from tests.support.aws_proxy import Abandoned, AwsProxy, Request, Response

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
        self._run_dir = cloud.settings.run_dir
        self._lock = threading.Lock()
        self._armed: list[tuple[Crash, tuple[str, ...]]] = []

    def arm(self, crash: Crash, *ids: str) -> None:
        """Let a worker die at the first such call that is about one of these ids."""
        with self._lock:
            self._armed.append((crash, ids))

    @property
    def armed(self) -> list[Crash]:
        """The crashes that have not come to pass."""
        with self._lock:
            return [crash for crash, _ in self._armed]

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, if the caller does not die first."""
        crash = self._due(request)
        if crash is None:
            return forward()
        if crash.carried_out:
            forward()
        _, pid = self._caller(request)
        os.kill(pid, signal.SIGKILL)
        raise Abandoned

    def _due(self, request: Request) -> Crash | None:
        with self._lock:
            named = [armed for armed in self._armed if armed[0].operation == request.operation]
            parts = list(_parts(request)) if named else []
            matching = [
                (crash, ids)
                for crash, ids in named
                if any(crash.holding in part and any(id_ in part for id_ in ids) for part in parts)
            ]
            if not matching:
                return None
            function, _ = self._caller(request)
            for armed in matching:
                if armed[0].function == function:
                    self._armed.remove(armed)
                    return armed[0]
        return None

    def _caller(self, request: Request) -> tuple[str, int]:
        """Function and process at the other end of the connection."""
        state = emulator.running(self._run_dir)
        assert state is not None
        for process in psutil.Process(state.pid).children(recursive=True):
            try:
                name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME")
                if name and any(end.laddr.port == request.port for end in process.net_connections("tcp")):
                    return name, process.pid
            except psutil.Error:
                continue  # it ended while we looked
        raise Abandoned  # the caller has died meanwhile


def _parts(request: Request) -> Iterator[str]:
    """What a request is about: the entries of a batch each, or all of it."""
    content = request.content
    for part in content.get("Entries", [content]):
        yield json.dumps(part)
