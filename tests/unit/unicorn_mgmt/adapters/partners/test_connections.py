"""Connections to partners that will not come to an end, and to those that have hung up."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import urllib3

from infra.rydes.simulators.partners.server import Server
from tests.support.patience import PATIENCE, eventually
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, credentials, question
from unicorn_mgmt.adapters.partners import transport as module
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.connections import KEPT_FOR, Connections
from unicorn_mgmt.adapters.partners.faults import TimedOut
from unicorn_mgmt.adapters.partners.transport import Transport
from wild_rydes_contracts import Quote

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
"""How an answer begins with which the connection ends."""

ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"a"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "status": (b"HTTP/1.1 2", b"0"),
    "last body": (LAST + b"\r\n", b"a"),
    "last chunk's size": (LAST + CHUNKED, b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"0\r\n", b"X: y\r\n"),
    "last trailers": (LAST + CHUNKED + b"0\r\n", b"X: y\r\n"),
    "flood of last trailers": (LAST + CHUNKED + b"0\r\n", b"X: y\r\n" * 2000),
    "trailers of HTTP/1.0": (b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"0\r\n", b"X: y\r\n"),
}


class Endless:
    """A server that begins to answer, and never comes to an end. `talking` counts who still listens."""

    def __init__(self, begin: bytes, more: bytes) -> None:
        self.begin, self.more = begin, more
        self.talking = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._talk, args=(connection,)))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        self.talking += 1
        with connection:
            try:
                connection.sendall(self.begin)
                while not self._done.wait(0.02):
                    connection.sendall(self.more)
            except OSError:
                pass
        self.talking -= 1

    def close(self) -> None:
        self._done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture(params=ENDLESS)
def endless(request: pytest.FixtureRequest) -> Iterator[Endless]:
    server = Endless(*ENDLESS[request.param])
    yield server
    server.close()


def ask(transport: Transport, url: str, seconds: float) -> object:
    return client_of(PARTNERS["p-comet"]).quote(
        question("p-comet"), transport.exchange(seconds), credentials("p-comet", url)
    )


@pytest.mark.slow
def test_a_partner_that_never_ends_takes_no_thread_and_no_connection(
    endless: Endless, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_THREADS", 2)
    transport = Transport()
    for _ in range(4):
        with pytest.raises(TimedOut):
            ask(transport, endless.url, 0.1)
    assert isinstance(ask(transport, servers["p-comet"].url, 60), Quote)
    eventually(lambda: endless.talking, "nobody listens any longer", lambda talking: talking == 0)


def test_an_answer_that_closes_its_connection_can_be_given_up() -> None:
    server, transport = Endless(*ENDLESS["last trailers"]), Transport()
    try:
        with pytest.raises(TimedOut):
            transport.exchange(0.1).send("GET", server.url, {}, b"")
        eventually(lambda: server.talking, "nobody listens any longer", lambda talking: talking == 0)
    finally:
        server.close()


@pytest.mark.parametrize("closes", [b"", b"Connection: close\r\n"])
def test_what_comes_before_the_answer_is_skipped(closes: bytes) -> None:
    interim = (
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n" + closes
    )
    final = b"HTTP/1.1 200 OK\r\nX-Final: yes\r\nContent-Length: 2\r\n\r\nok"
    server = Endless(interim + b"\r\nHTTP/1.1 100 Continue\r\n\r\n" + final, b"")
    try:
        answer = Transport().exchange(PATIENCE).send("GET", server.url, {}, b"")
    finally:
        server.close()
    assert (answer.status, answer.headers["X-Final"], answer.body) == (200, "yes", b"ok")
    assert "Transfer-Encoding" not in answer.headers


def test_a_request_that_never_got_a_thread_is_not_made_up_for(servers: dict[str, Server]) -> None:
    transport = Transport()
    with pytest.raises(TimedOut):
        ask(transport, servers["p-comet"].url, 0)
    assert isinstance(ask(transport, servers["p-comet"].url, 60), Quote)
    assert servers["p-comet"].served == 1


@pytest.mark.parametrize(("idle", "opened"), [(KEPT_FOR, 1), (KEPT_FOR + 0.1, 2), (86_400, 2), (-10, 2)])
def test_a_connection_that_was_idle_for_long_is_not_trusted(
    servers: dict[str, Server], idle: float, opened: int
) -> None:
    now = [time.time()]
    connections = Connections(2, lambda: now[0])
    server = servers["p-comet"]
    accepted = []
    accept = server.get_request

    def counted() -> object:
        accepted.append(1)
        return accept()

    server.get_request = counted  # type: ignore[method-assign, assignment]
    for _ in range(2):
        answer = connections.request(
            "GET", server.url, headers={}, body=b"", timeout=urllib3.Timeout(PATIENCE)
        )
        answer.read()
        answer.release_conn()
        now[0] += idle
    assert len(accepted) == opened
