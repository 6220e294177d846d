"""Measures what a batch takes of each function: its CPU time on this machine, and the calls of AWS that it waits for.

The handlers are the real ones, and so are botocore and the connections; `stand_in` answers. A call is waited for alone,
or together with others that are under way at the same time.

On a machine that others use, too, the same work takes more CPU time, as caches and hardware threads are shared. So a
fixed piece of work runs between the measurements, and what they say is scaled by how much slower than at best it was.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, Final

from tests.bench.capacity.durations import Batch
from tests.bench.capacity.stand_in import HOLD
from tests.bench.capacity.work import Rfqs, Work
from tests.support.issuer import ISSUER, issuer
from wild_rydes_runtime import aws

Handler = Callable[[Mapping[str, Any], Any], Any]

_HELD = 0.03
"""Seconds for which calls are held, so that those overlap that are made at the same time."""

_ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_SERVICE_NAME": "capacity",
    "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "TABLE_NAME": "table",
    "VEHICLE_TABLE_NAME": "vehicles",
    "BUS_NAME": "bus",
    "MAX_ATTEMPTS": "5",
    "DOCUMENT_BUCKET": "documents",
    "REPLY_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking",
    "RETURN_ADDRESSES": '{"wildrydes.ride-booking": "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking"}',
    "DEADLINE_QUEUE_URL": "http://localhost/deadlines",
    "DEAD_LETTER_QUEUE_URL": "http://localhost/dead",
    "CHECKS_URL": "http://localhost/checks",
    "CALLBACK_URL": "http://localhost/callbacks",
    "UNICORN_API_URL": "http://localhost/unicorns",
    "PARTNER_QUEUES": json.dumps(
        {f"p-{id_}": f"http://localhost/{id_}" for id_ in ("comet", "pegasus", "nimbus")}
    ),
    "SECRET_IDS": json.dumps({f"p-{id_}": f"p-{id_}" for id_ in ("comet", "pegasus", "nimbus")}),
    "ALLOWED_ORIGINS": "[]",
    "PUBLIC_URL": "http://localhost/rfqs",
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": "app",
}
_CONTEXT: Final = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    aws_request_id="6d1a6c3f-0000-4000-8000-000000000000",
)


def measure(runs: int) -> dict[str, list[Batch]]:
    """Measure each function at its batch sizes, so many times each."""
    rfqs = Rfqs()
    # One log for all: Powertools keeps a logger, and with it the stream, for every function of a service.
    with (
        Path(os.devnull).open("w") as log,
        redirect_stdout(log),
        _stand_in(rfqs.stored()) as url,
        issuer() as users,
    ):
        return {work.function: _measured(work, url, users.url, runs) for work in rfqs.work()}


class _Yardstick:
    """A fixed piece of work of about a millisecond, and how long it took at best."""

    def __init__(self) -> None:
        self._content = [{f"k{i}": i, "s": "x" * i} for i in range(60)]
        self._best = min(self.lay() for _ in range(200))

    def lay(self) -> float:
        """Do the work; the milliseconds that it took."""
        began = time.process_time()
        for _ in range(12):
            json.loads(json.dumps(self._content))
        return (time.process_time() - began) * 1000

    def at_best(self, milliseconds: float, meanwhile: Sequence[float]) -> float:
        """Scale a time to that of an undisturbed machine. `meanwhile` is what the work took at the same time."""
        return milliseconds * self._best / median(meanwhile)


def _measured(work: Work, url: str, keys_url: str, runs: int) -> list[Batch]:
    recorder = _Recorder()
    with _environment(url, KEYS_URL=keys_url, **work.environment):
        handler = _fresh(work.handler, recorder)
        handler(work.event(work.batches[0]), _CONTEXT)  # the first one opens connections, and looks up queues
        return [
            Batch(size, *_cpu_and_waits(handler, work.event(size), recorder, url=url, runs=runs))
            for size in work.batches
        ]


def _cpu_and_waits(
    handler: Handler, event: Mapping[str, Any], recorder: "_Recorder", *, url: str, runs: int
) -> tuple[float, Sequence[Mapping[str, int]]]:
    cpu, meanwhile = [], []
    for _ in range(runs):
        meanwhile.append(_YARDSTICK.lay())
        began = time.process_time()  # of all threads
        handler(event, _CONTEXT)
        cpu.append((time.process_time() - began) * 1000)
    _hold(url, _HELD)
    recorder.waits.clear()
    handler(event, _CONTEXT)
    _hold(url, 0)
    return round(_YARDSTICK.at_best(median(cpu), meanwhile), 2), [dict(wait) for wait in recorder.waits]


_YARDSTICK: Final = _Yardstick()


class _Recorder:
    """Sees a client's calls begin and end, whatever thread makes them."""

    def __init__(self) -> None:
        self.waits: list[Counter[str]] = []
        self._under_way = 0
        self._lock = threading.Lock()

    def begin(self, **call: Any) -> None:
        with self._lock:
            if not self._under_way:
                self.waits.append(Counter())
            self._under_way += 1
            self.waits[-1][call["model"].name] += 1

    def end(self, **_: Any) -> None:
        with self._lock:
            self._under_way -= 1


def _fresh(module: str, recorder: _Recorder) -> Handler:
    """Compose a function as a new worker does."""
    aws._session.cache_clear()
    session = aws._session()
    session.register("before-call", recorder.begin)
    session.register("after-call", recorder.end)
    sys.modules.pop(module, None)
    handler: Handler = importlib.import_module(module).handler
    return handler


@contextmanager
def _stand_in(stored: Mapping[str, Any]) -> Iterator[str]:
    """Run AWS's stand-in; its URL."""
    command = [sys.executable, "-m", "tests.bench.capacity.stand_in"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(stored) + "\n")
        process.stdin.flush()
        yield process.stdout.readline().strip()
        process.stdin.close()


@contextmanager
def _environment(url: str, **more: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= {**_ENVIRONMENT, "AWS_ENDPOINT_URL": url, "CONNECTIONS_URL": f"{url}/socket/v1", **more}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def _hold(url: str, seconds: float) -> None:
    body = json.dumps({"seconds": seconds}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}{HOLD}", body), timeout=10):  # noqa: S310 - our own
        pass
