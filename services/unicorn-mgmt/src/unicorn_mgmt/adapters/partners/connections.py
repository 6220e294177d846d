"""Connections to partners that can be given up from outside.

A socket's timeout bounds the wait for the next byte only. A thread that talks to a partner which sends a byte
now and then would never come back, so whoever has waited long enough ends the connection under it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPResponse

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

KEPT_FOR = 5.0
"""Seconds for which an idle connection is used again. A partner may close one that is idle for longer, and a
worker that was frozen meanwhile would not hear of it."""


class Talk:
    """One request and its answer, in one thread. Another thread may give it up at any time.

    It has a handle of its own on the connection's socket: http.client lets go of the socket with the answer's headers
    if the connection closes after it, and TLS takes it away during the handshake.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._given_up = False

    def give_up(self) -> None:
        """End the connection of this talk, now or as soon as it has one. Its thread gets an error."""
        with self._lock:
            self._given_up = True
            if self._handle is not None:
                _end(self._handle)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Talk in this thread, inside this context."""
        _here.talk = self
        try:
            yield
        finally:
            _here.talk = None
            with self._lock:
                self._let_go()

    def uses(self, connected: socket.socket | None) -> None:
        """Note the socket of this talk, if there is one. Raises TimeoutError if the talk was given up."""
        with self._lock:
            if self._given_up:
                raise TimeoutError("given up")
            self._let_go()
            if connected is not None:
                self._handle = socket.fromfd(connected.fileno(), connected.family, connected.type)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


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


def _note(connected: socket.socket | None) -> None:
    talk: Talk | None = getattr(_here, "talk", None)
    if talk is not None:
        talk.uses(connected)


class _FinalAnswer(HTTPResponse):
    """Skips the answers before the last one (RFC 9110, section 15.2), of which http.client knows but one, 100."""

    def begin(self) -> None:
        super().begin()
        while HTTPStatus.SWITCHING_PROTOCOLS < self.status < HTTPStatus.OK:
            self.headers = None  # type: ignore[assignment]  # as before it began
            super().begin()


class _HttpConnection(HTTPConnection):
    response_class = _FinalAnswer

    def _new_conn(self) -> socket.socket:
        _note(None)
        connected = super()._new_conn()
        try:
            _note(connected)
        except BaseException:
            connected.close()
            raise
        return connected

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        _note(self.sock)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _end(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return
