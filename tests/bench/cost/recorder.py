"""Records every AWS call that the functions make."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.rydes.cloud.workers import Worker
from tests.support.aws_proxy import AwsProxy, Request, Response


@dataclass(frozen=True)
class Call:
    """One AWS call: `operation` as in `DynamoDB_20120810.GetItem`, without the version."""

    service: str
    operation: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    ok: bool
    function: str | None = None
    """Who made it, if it was a worker."""


class Recorder(AwsProxy):
    """The calls that went through it, as they were answered."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.calls: list[Call] = []
        self._cpu_at_first: dict[Worker, float] = {}

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, record, answer."""
        caller = request.caller
        if caller:
            self._cpu_at_first.setdefault(caller, _cpu_ms(caller))
        answer = forward()
        self.calls.append(
            Call(
                request.service,
                request.operation,
                request.content,
                json.loads(answer.body or b"{}"),
                ok=answer.status < 300,
                function=caller.function if caller else None,
            )
        )
        return answer

    def reset(self) -> None:
        """Forget what was recorded so far."""
        self.calls.clear()
        self._cpu_at_first = {worker: _cpu_ms(worker) for worker in self._cpu_at_first}

    def cpu_ms(self) -> Mapping[str, float]:
        """Return the CPU time that the workers of each function have taken since, in milliseconds of a core.

        That of a worker that has started since counts from its first call on, so that no start is in it.
        """
        taken: defaultdict[str, float] = defaultdict(float)
        for worker, before in self._cpu_at_first.items():
            taken[worker.function] += max(0.0, _cpu_ms(worker) - before)
        return taken


def _cpu_ms(worker: Worker) -> float:
    """What Linux says of the threads of a process, in nanoseconds; 0 if it is gone."""
    try:
        threads = list(Path(f"/proc/{worker.pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6
    except (OSError, ValueError):
        return 0.0
