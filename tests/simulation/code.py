"""The code of functions, and the workers that run it, each composed by the function's own module."""

import importlib
import os
import random
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from tests.simulation.gates import gate, virtual_datetimes
from tests.simulation.photograph import Photograph
from tests.simulation.stacks import Function

OURS = ("ride_booking", "unicorn_mgmt", "feedback", "settlement", "wild_rydes_contracts", "wild_rydes_messaging", "wild_rydes_http",
        "wild_rydes_runtime", "wild_rydes_dynamodb", "wild_rydes_circuit_breaker")  # fmt: skip
_PHOTOGRAPHED = (*OURS, "tests", "aws_lambda_powertools", "logging")

Handler = Callable[[Any, Any], Any]
AtStart = Callable[[str, str, Mapping[str, Any]], Any]


class Output(StringIO):
    """Where workers write: to whoever hears it."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__()
        self.heard = heard

    def write(self, text: str) -> int:
        self.heard(text)
        return len(text)


def _nobody(_: str) -> None: ...


@dataclass(eq=False)
class Worker:
    """An execution environment of a function."""

    function: Function
    number: int
    handler: Handler
    output: Output
    variables: dict[str, str]
    calls: "Calls"
    photograph: Photograph | None = None
    skew: float = 0.0
    tasks: list[Any] = field(default_factory=list)
    """What runs in it now."""

    def __str__(self) -> str:
        return f"{self.function.short}#{self.number}"


class Calls:
    """Where the clients of a worker lead to."""

    def __init__(self) -> None:
        self.make: Callable[[str, int, str, Mapping[str, Any]], Any] | None = None
        """Service, attempts, operation, arguments → answer."""

    def client(self, service: str, *, url: str | None = None, config: Any = None) -> Any:
        """Make a client, as `wild_rydes_runtime.aws` does."""
        service = f"{service} {url}" if url else service
        from tests.simulation.aws.client import Client  # noqa: PLC0415 - after the gates

        attempts = config.retries["total_max_attempts"] if config is not None else 3

        def call(operation: str, arguments: Mapping[str, Any]) -> Any:
            assert self.make is not None, f"{service} {operation} by nobody"
            return self.make(service, attempts, operation, arguments)

        return Client(call)


class DoesNotStart(Exception):
    """A function cannot be composed."""


class Code:
    """A version of the services' code, and its workers, which one history after the other uses."""

    def __init__(self, name: str, at_start: AtStart, root: Path | None = None) -> None:
        """`at_start` answers the calls that a function makes while it is composed.

        The code is that of this repository, or of another checkout of it at `root`.
        """
        self.name = name
        self._at_start = at_start
        self._paths = [str(path) for path in sorted(root.glob("s*/*/src"))] if root else []
        self._modules: dict[str, types.ModuleType] = {}
        """Its own modules. Classes of one version are none of another's, as in the processes of different workers."""
        self._compiled: dict[str, types.CodeType] = {}
        self._pool: dict[tuple[str, int, bool], Worker] = {}

    def start(self, functions: Iterable[Function]) -> None:
        """Start each of these functions once. Raises DoesNotStart."""
        for function in functions:
            try:
                self.worker(function, 0, talkative=False)
            except Exception as error:
                raise DoesNotStart(f"{function.short} wants another template: {error!r}") from error

    def worker(self, function: Function, number: int, *, talkative: bool) -> Worker:
        """Find the worker of this number, as it is after its start."""
        key = function.name, number, talkative
        worker = self._pool.get(key)
        if worker is None:
            worker = self._pool[key] = self.compose(function, number, talkative=talkative)
            module = self._modules[function.module]
            worker.photograph = Photograph([vars(module), worker.handler, worker.calls], _PHOTOGRAPHED)
        return worker

    def compose(self, function: Function, number: int, *, talkative: bool) -> Worker:
        """Start a worker: run the function's module."""
        from aws_lambda_powertools import Metrics  # noqa: PLC0415 - after the gates

        calls = Calls()
        calls.make = lambda service, _, operation, arguments: self._at_start(service, operation, arguments)
        variables = {
            **function.variables,
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            # Loggers of one name share their handlers, as one process has one worker.
            "POWERTOOLS_SERVICE_NAME": f"{self.name}~{function.short}~{number}{'~' if talkative else ''}",
            "POWERTOOLS_LOG_LEVEL": "INFO" if talkative else "CRITICAL",
        }
        output = Output(_nobody)
        chance = random.getstate()
        random.seed(f"{function.name} {number}")
        before = os.environ, sys.stdout, gate.host
        os.environ, sys.stdout, gate.host = variables, output, None  # type: ignore[assignment]
        for shared in ("_metrics", "_dimensions", "_metadata", "_default_dimensions"):
            setattr(Metrics, shared, {})  # Powertools shares them between all of a process
        try:
            with self._imports():
                handler = self._run(function.module, calls).handler
        finally:
            os.environ, sys.stdout, gate.host = before
            random.setstate(chance)
            calls.make = None
        return Worker(function, number, handler, output, variables, calls)

    @contextmanager
    def _imports(self) -> Iterator[None]:
        """Import this version's modules meanwhile, and not those of another."""
        theirs = _taken_out()
        sys.modules.update(self._modules)
        sys.path[:0] = self._paths
        try:
            yield
        finally:
            del sys.path[: len(self._paths)]
            self._modules = _taken_out()
            sys.modules.update(theirs)

    def _run(self, name: str, calls: Calls) -> types.ModuleType:
        runtime: Any = importlib.import_module("wild_rydes_runtime.aws")
        runtime.client = calls.client
        first = name not in self._compiled
        if first:
            importlib.import_module(name.rpartition(".")[0])
            spec = find_spec(name)
            assert spec is not None
            loader: Any = spec.loader
            self._compiled[name] = loader.get_code(name)
        module = sys.modules[name] = types.ModuleType(name)
        exec(self._compiled[name], vars(module))  # noqa: S102 - our own
        if first:
            virtual_datetimes((*OURS, "jwt"))
            _remember_what_is_pure()
        return module


def _taken_out() -> dict[str, types.ModuleType]:
    """Take our modules out of those that are imported."""
    ours = [name for name in sys.modules if name.partition(".")[0] in OURS]
    return {name: sys.modules.pop(name) for name in ours}


def _remember_what_is_pure() -> None:
    """Keep what takes a long time and is the same in all histories, which have few places and few words."""
    vicinity: Any = sys.modules.get("unicorn_mgmt.domain.vicinity")
    if vicinity is not None and not hasattr(vicinity.cells_within, "cache_info"):
        vicinity.cells_within = cache(vicinity.cells_within)
    reply: Any = sys.modules.get("feedback.domain.reading.reply")
    if reply is not None and not hasattr(reply.read, "cache_info"):
        reply.read = cache(reply.read)
        sys.modules["feedback.domain.conversation"].read = reply.read  # type: ignore[attr-defined]
