"""Lambda: functions, their workers, and what becomes of an invocation."""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from greenlet import getcurrent

from tests.simulation import wording
from tests.simulation.aws.client import refused
from tests.simulation.code import Code, Worker
from tests.simulation.faults import Faults
from tests.simulation.kernel import START, Kernel, Task
from tests.simulation.stacks import Function
from tests.simulation.trace import Trace

Model = Callable[[str, str, Any], Any]
"""Service, operation, arguments → answer."""

_SKEW = 1.0
"""Seconds by which a wrong clock is wrong, as a standard deviation."""
_WARM, _COLD = 0.002, 0.25
"""Seconds until a handler runs."""
_LATENCIES = (-3.0, -0.8)
"""Of a call, in powers of ten of a second."""
_MOST_WORKERS = 32
"""Of a function, that are kept for the next history."""


class InvocationFailed(Exception):
    """The function has not returned. Whoever has invoked it does not hear why."""


@dataclass(eq=False)
class Invocation:
    """One run of a function."""

    worker: Worker
    done: Callable[[Any, InvocationFailed | None], None]
    tasks: list[Task] = field(default_factory=list)
    over: bool = False


class _Context:
    def __init__(self, id_: str) -> None:
        self.aws_request_id = id_


class Lambda:
    """All functions."""

    def __init__(
        self, kernel: Kernel, versions: Sequence[Code], faults: Faults, model: Model, trace: Trace
    ) -> None:
        self._kernel = kernel
        self._versions = versions
        self._deployed_at: dict[str, float] = {}
        self._faults = faults
        self._model = model
        self._trace = trace
        self.talkative = False
        """Whether functions log."""
        self._idle: dict[str, list[Worker]] = defaultdict(list)
        self._started: dict[str, int] = defaultdict(int)
        self._used: dict[tuple[str, str, int], Worker] = {}
        self._latency = 10 ** kernel.chance.uniform(*_LATENCIES)
        """Seconds that a call takes in this history, more or less: where calls are slow, more goes on beside them."""
        self._invocations = 0
        self._running: dict[Invocation, None] = {}
        self.current: Invocation | None = None
        self.heard: Callable[[str], None] = lambda _: None
        """Called with what functions write."""
        self.raised: Callable[[Worker, Exception], None] = lambda *_: None
        """Called with what a function raises."""
        self.called: Callable[[str, Any, Any], None] = lambda *_: None
        """Called after each call: the service, its arguments, and its answer."""
        kernel.resumed = self._resumed

    def invoke(
        self, function: Function, event: Any, done: Callable[[Any, InvocationFailed | None], None]
    ) -> None:
        """Run a function. `done` is called with what it returns, or why it does not."""
        worker, wait = self._worker(function)
        if worker is None:
            self._kernel.after(wait, lambda: done(None, InvocationFailed("start")))
            return
        invocation = Invocation(worker, done)
        self._invocations += 1
        context = _Context(f"request-{self._invocations}")

        def run() -> None:
            try:
                result, error = worker.handler(event, context), None
            except Exception as raised:  # noqa: BLE001 - Lambda reports whatever it is
                result, error = None, InvocationFailed(f"{type(raised).__name__}: {raised}")
                self._trace(worker, "✗", f"{type(raised).__name__}: {raised}")
                self.raised(worker, raised)
            self._end(invocation, result, error)

        if self._trace.kept:
            self._trace(worker, "invoked", wording.invocation(event))
        self._running[invocation] = None
        invocation.tasks.append(self._kernel.spawn(run, invocation, after=wait))
        self._kernel.after(wait + function.timeout, lambda: self._time_out(invocation))

    @property
    def idle(self) -> bool:
        """Whether no function runs."""
        return not self._running

    def close(self) -> None:
        """End the history: its workers serve the next one."""
        for invocation in [*self._running]:
            self._stop(invocation)
        for worker in self._used.values():
            assert worker.photograph is not None
            worker.photograph.restore()

    def call(self, service: str, attempts: int, operation: str, arguments: Any) -> Any:
        """Make a call for whoever runs now, as the SDK does: what fails for a moment is tried again."""
        attempt = 1
        while True:
            try:
                return self._attempt(service, operation, arguments)
            except (ClientError, EndpointConnectionError, ReadTimeoutError) as error:
                if attempt >= attempts or not _passes(error):
                    raise
                self._kernel.sleep(0.1 * self._kernel.chance.random() * 2**attempt)
                attempt += 1

    def _attempt(self, service: str, operation: str, arguments: Any) -> Any:
        invocation: Invocation = self._kernel.task().owner
        fault = self._faults.at_call()
        wait = self._latency * (0.2 + 1.6 * self._kernel.chance.random())
        if fault is not None:
            self._trace(invocation.worker, fault, f"{service} {operation}")
            if fault == "call-slow":
                wait += self._kernel.chance.random()
            elif fault == "worker-frozen":
                wait += 10 ** self._faults.chance.uniform(-1, 2)
            elif fault == "crash-before-call":
                self._crash(invocation)
        self._kernel.sleep(wait)
        if fault == "service-out":
            self._faults.take_out(service, self._kernel.now)
        if fault == "call-throttled" or self._faults.is_out(service, self._kernel.now):
            raise refused(operation, "ThrottlingException", "Rate exceeded", status=400)
        if operation == "put_object" and self._faults.happens("documents-refused"):
            raise refused(operation, "AccessDenied", "Access Denied", status=403)
        if fault == "call-failed":
            raise refused(operation, "InternalServerError", "Internal server error", status=500)
        try:
            answer = self._model(service, operation, arguments)
        except ClientError as error:
            self._tell(invocation, operation, arguments, f" ✗ {error.response['Error']['Code']}")
            raise
        self._tell(invocation, operation, arguments)
        self.called(service, arguments, answer)
        if fault == "crash-after-call":
            self._crash(invocation)
        if fault == "call-unanswered":
            self._kernel.sleep(2)
            raise ReadTimeoutError(endpoint_url=service)
        return answer

    def _tell(self, invocation: Invocation, operation: str, arguments: Any, end: str = "") -> None:
        if self._trace.kept:
            self._trace(invocation.worker, operation, f"{wording.call(operation, arguments)}{end}")

    def _worker(self, function: Function) -> tuple[Worker | None, float]:
        """Find an idle worker, or start one; tell how long that takes. None: it does not start."""
        idle = self._idle[function.name]
        if idle and self._faults.happens("cold-start"):
            idle.pop(self._faults.chance.randrange(len(idle)))
        if idle:
            return idle.pop(), _WARM
        if self._faults.happens("start-fails"):
            return None, _COLD
        code = self._version(function)
        number = self._started[function.name]
        self._started[function.name] += 1
        key = code.name, function.name, number % _MOST_WORKERS
        if key in self._used:  # it may still run: this one serves this history alone
            worker = code.compose(function, number, talkative=self.talkative)
        else:
            worker = self._used[key] = code.worker(function, key[2], talkative=self.talkative)
        worker.calls.make = self.call
        worker.output.heard = self.hear
        worker.skew = self._faults.chance.gauss(0, _SKEW) if self._faults.happens("clock-skewed") else 0.0
        return worker, _COLD * (0.5 + self._kernel.chance.random())

    def _version(self, function: Function) -> Code:
        """Choose the code of a new worker. A service is deployed by itself, and old workers live on beside new ones."""
        if len(self._versions) == 1:
            return self._versions[0]
        draw = self._faults.chance.random
        at = self._deployed_at.setdefault(function.service, START + 120 * draw())
        return self._versions[self._kernel.now < at]

    def hear(self, text: str) -> None:
        """Take what the function writes that runs now."""
        if self.current is not None and not self.current.over:
            self.heard(text)

    def _resumed(self, owner: Invocation | None) -> None:
        self.current = owner
        if owner is not None:
            os.environ = owner.worker.variables  # type: ignore[assignment]  # noqa: B003 - another process

    def _end(self, invocation: Invocation, result: Any, error: InvocationFailed | None) -> None:
        """It has returned: the worker is frozen with whatever still runs in it, and idle."""
        invocation.over = True
        del self._running[invocation]
        self._idle[invocation.worker.function.name].append(invocation.worker)
        self._kernel.after(0, lambda: invocation.done(result, error))

    def _time_out(self, invocation: Invocation) -> None:
        if not invocation.over:
            self._trace(invocation.worker, "timed out")
            self._stop(invocation)
            invocation.done(None, InvocationFailed("timed out"))

    def _crash(self, invocation: Invocation) -> None:
        """A worker dies by itself, in the middle of its work, or of what an earlier invocation has left in it. Raises Killed."""
        worker = invocation.worker
        if worker in self._idle[worker.function.name]:
            self._idle[worker.function.name].remove(worker)
        for each in [each for each in self._running if each.worker is worker]:
            self._kernel.after(0.01, partial(each.done, None, InvocationFailed("crash")))
            if each is not invocation:
                self._stop(each)
        self._stop(invocation)

    def _stop(self, invocation: Invocation) -> None:
        """End the process, with whatever runs in it. The caller's own task is the last to go."""
        invocation.over = True
        self._running.pop(invocation, None)
        own = getcurrent()
        for task in invocation.tasks:
            if task is not own:
                self._kernel.kill(task)
        if own in invocation.tasks:
            self._kernel.kill(own)


def _passes(error: Exception) -> bool:
    if isinstance(error, ClientError):
        response = error.response
        return (
            response["Error"]["Code"] == "ThrottlingException"
            or response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        )
    return True
