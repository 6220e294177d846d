"""The emulator's workers: one process for each environment of a Lambda function."""

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass

import psutil

_NAME = re.compile(r"\bapp/([\w-]+)\.(\d+)")


@dataclass(frozen=True)
class Worker:
    """A process in which a function runs."""

    function: str
    pid: int

    def pause(self) -> None:
        """Let it do nothing more: no time-out ends what it waits for."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """Kill -9."""
        self._send(signal.SIGKILL)

    def _send(self, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(self.pid, sign)


def caller(user_agent: str) -> Worker | None:
    """The worker that sent this User-Agent with an AWS call, None if it was none. The emulator names its workers so."""
    found = _NAME.search(user_agent)
    return Worker(found[1], int(found[2])) if found else None


def running(emulator: int) -> list[Worker]:
    """List the workers of the emulator with this process id."""
    found = []
    for process in psutil.Process(emulator).children(recursive=True):
        with suppress(psutil.Error):  # it ends as we look
            if function := process.environ().get("AWS_LAMBDA_FUNCTION_NAME"):
                found.append(Worker(function, process.pid))
    return found
