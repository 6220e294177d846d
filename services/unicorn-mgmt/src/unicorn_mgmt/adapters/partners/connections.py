"""Connections to partners that can be given up from outside.

A socket's timeout bounds the wait for the next byte only. A thread that talks to a partner which sends a byte
now and then would never come back, so whoever has waited long enough ends the connection under it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

KEPT_FOR = 5.0
"""Seconds for which an idle connection is used again. A partner may close one that is idle for longer, and a
worker that was frozen meanwhile would not hear of it."""


class Talk:
    """One request and its answer, in one thread. Another thread may give it up at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._given_up = False

    def give_up(self) -> None:
        """End the connection of this talk, now or as soon as it has one. Its thread gets an error."""
        with self._lock:
            self._given_up = True
            if self._connection is not None and self._connection.sock is not None:
                _end(self._connection.sock)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Talk in this thread, inside this context."""
        _here.talk = self
        try:
            yield
        finally:
            _here.talk = None

    def uses(self, connection: HTTPConnection) -> None:
        """Note the connection of this talk. Raises TimeoutError if the talk was given up."""
        with self._lock:
            if self._given_up:
                raise TimeoutError("given up")
            self._connection = connection


class Connections:
    """Open connections, which are used again unless they were idle for longer than `KEPT_FOR`.

    `clock` counts seconds, also while the worker is frozen.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.time) -> None:
        self._pools = urllib3.PoolManager(maxsize=most, retries=False)
        self._pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self._clock = clock
        self._used_at = clock()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: urllib3.Timeout
    ) -> urllib3.BaseHTTPResponse:
        """Send a request. Return its answer, whose body is still to be read. Raises urllib3's errors."""
        now = self._clock()
        if not 0 <= now - self._used_at <= KEPT_FOR:
            self._pools.clear()
        self._used_at = now
        return self._pools.request(
            method,
            url,
            headers=dict(headers),
            body=body,
            timeout=timeout,
            redirect=False,
            preload_content=False,
        )


_here = threading.local()


def _note(connection: HTTPConnection) -> None:
    talk: Talk | None = getattr(_here, "talk", None)
    if talk is not None:
        talk.uses(connection)


class _HttpConnection(HTTPConnection):
    def connect(self) -> None:
        _note(self)
        super().connect()
        _note(self)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        _note(self)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _end(connected: socket.socket) -> None:
    try:
        socket.socket.shutdown(connected, socket.SHUT_RDWR)  # that of TLS is not for other threads
    except OSError:  # it has ended by itself
        return
