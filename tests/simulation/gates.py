"""Where code meets the world outside: time, chance, threads and the network.

Importing this module, before anything of the services, puts the simulated world in the place of the real one, for the whole
process. Code keeps what it has found when it was imported, so this comes first.
"""

import concurrent.futures
import datetime as datetimes
import gc
import os
import random
import secrets
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Protocol, Self

import jwt.api_jws
import urllib3
from greenlet import getcurrent
from jwt.algorithms import RSAAlgorithm

from tests.simulation.kernel import START, Future, Kernel, Task

if "pytest" in sys.modules:
    raise RuntimeError("the gates are for a process of histories alone: import nothing here that needs them")

real_time = time.perf_counter
cpu = time.process_time


class Host(Protocol):
    """The world, as code inside of it meets it."""

    kernel: Kernel

    def skew(self) -> float:
        """Tell by how many seconds the caller's clock is wrong."""

    def open(self, request: Any) -> Any:
        """Answer a request of urllib's."""

    def exchange(self, method: str, url: str, headers: Any, body: bytes, timeout: float) -> Any:
        """Answer a partner's HTTP request."""


class _Gate:
    host: Host | None = None


gate = _Gate()


def _clock() -> float:
    host = gate.host
    return START if host is None else host.kernel.now + host.skew()


def _steady() -> float:
    return START if gate.host is None else gate.host.kernel.now


def _sleep(seconds: float) -> None:
    if gate.host is not None:
        gate.host.kernel.sleep(seconds)


class _VirtualType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetimes.datetime)


class VirtualDatetime(datetimes.datetime, metaclass=_VirtualType):
    """The class in modules that ask it for the time."""

    @classmethod
    def now(cls, tz: datetimes.tzinfo | None = None) -> Any:
        return datetimes.datetime.fromtimestamp(_clock(), tz)


class Executor:
    """A pool of threads, each of which is a task of the same process."""

    def __init__(self, *_: object, **__: object) -> None:
        self._begun: list[Future] = []

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        host = gate.host
        if host is None:
            raise RuntimeError("threads are begun by invocations only")
        future = Future(host.kernel)

        def run() -> None:
            try:
                future.set(work(*arguments))
            except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
                future.set(error=error)

        current = getcurrent()
        assert isinstance(current, Task)
        task = host.kernel.spawn(run, current.owner)
        if current.owner is not None:
            current.owner.tasks.append(task)
        self._begun.append(future)
        return future

    def map(self, work: Callable[..., Any], *arguments: Iterable[Any]) -> Iterator[Any]:
        each = [*zip(*arguments, strict=False)]
        if len(each) == 1:  # nothing goes on beside it
            return iter([work(*each[0])])
        futures = [self.submit(work, *one) for one in each]
        return (future.result() for future in futures)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._begun:
            if not future.done:
                with suppress(Exception):  # it is raised where it is waited for
                    future.result()


class Answer:
    """Of `urlopen`."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self._content = content

    def read(self) -> bytes:
        return self._content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Pools:
    """Connections to partners, in place of urllib3's."""

    def __init__(self, **_: object) -> None:
        self.pool_classes_by_scheme: dict[str, type] = {}

    def clear(self) -> None:
        return None

    def request(self, method: str, url: str, **more: Any) -> Any:
        assert gate.host is not None
        timeout = more["timeout"].read_timeout
        return gate.host.exchange(method, url, more["headers"], more["body"], timeout)


def _urlopen(url: Any, timeout: float = 0) -> Any:
    if gate.host is None:
        raise OSError("nobody answers yet")
    return gate.host.open(url)


class Timer:
    """Does something later, as a task of nobody."""

    daemon = False

    def __init__(self, seconds: float, do: Callable[[], object]) -> None:
        self._seconds = seconds
        self._do = do

    def start(self) -> None:
        assert gate.host is not None
        gate.host.kernel.spawn(self._do, after=self._seconds)


# A worker that is cold or warm switches the garbage collector; here that is the business of whoever runs histories.
collect_garbage, keep_for_good = gc.collect, gc.freeze
gc.disable()
gc.enable = gc.freeze = lambda: None
time.time, time.monotonic, time.perf_counter = _clock, _steady, _steady
time.sleep = _sleep  # type: ignore[assignment]
secrets.randbits = random.getrandbits  # type: ignore[assignment]
secrets.token_urlsafe = lambda bytes_=32: f"{random.getrandbits(8 * (bytes_ or 32)):x}"  # type: ignore[assignment]
uuid.uuid4 = lambda: uuid.UUID(int=random.getrandbits(128), version=4)
concurrent.futures.ThreadPoolExecutor = Executor  # type: ignore[misc, assignment]
threading.Timer = Timer  # type: ignore[misc, assignment]
urllib3.PoolManager = Pools  # type: ignore[misc, assignment]
urllib.request.urlopen = _urlopen  # type: ignore[assignment]


# Half of a request's time is a token's letters, looked at one by one, and few tokens are ever seen.
jwt.api_jws.PyJWS._load = cache(jwt.api_jws.PyJWS._load)  # type: ignore[method-assign]
_verify = RSAAlgorithm.verify
_verified: dict[Any, bool] = {}


def _verified_once(self: RSAAlgorithm, text: bytes, key: Any, signature: bytes) -> bool:
    about = text, key.public_numbers(), signature
    if about not in _verified:
        _verified[about] = _verify(self, text, key, signature)
    return _verified[about]


RSAAlgorithm.verify = _verified_once  # type: ignore[method-assign, assignment]


def virtual_datetimes(packages: tuple[str, ...]) -> None:
    """Let the modules of these packages that are imported ask for the virtual time."""
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] in packages and getattr(module, "datetime", None) is datetimes.datetime:
            module.datetime = VirtualDatetime  # type: ignore[attr-defined]


real_environment = os.environ
