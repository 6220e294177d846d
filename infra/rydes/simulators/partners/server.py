"""An HTTP server that answers as a partner would, and misbehaves on demand."""

import json
import threading
import time
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.rydes.simulators.partners.behaviour import Behaviour, Reply, Request
from infra.rydes.simulators.partners.faults import Faults, Misbehaviour

FAULTS_PATH = "/_faults"
"""GET shows the faults, the number of requests, and the rides' states; PUT sets the faults."""

_LONGEST_HANG = 30.0


class Server(ThreadingHTTPServer):
    """Serves one partner on a port of 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour, port: int = 0, *, seed: int | None = None) -> None:
        self.behaviour = behaviour
        self.misbehaviour = Misbehaviour(seed)
        self.served = 0
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are expected."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server  # ty: ignore[incompatible-mutable-override] - only this server makes handlers

    def handle_one(self) -> None:
        request = self._read()
        if request.path == FAULTS_PATH:
            self._send(self._control(request))
            return
        self.server.served += 1
        misdeed = self.server.misbehaviour.misdeed()
        if misdeed == "hang":
            self.server.closing.wait(_LONGEST_HANG)
            self.close_connection = True
            return
        time.sleep(self.server.misbehaviour.latency())
        behaviour = self.server.behaviour
        match misdeed:
            case "outage":
                self._send(Reply(503, b"down"))
            case "error":
                self._send(Reply(500, b"oops"))
            case "throttle":
                self._send(behaviour.throttled(self.server.misbehaviour.faults.retry_after))
            case "garbage":
                self._send(Reply(200, b"\x00<{[not what you think\xff"))
            case "refuse":
                self._send(behaviour.answer(request, willing=False))
            case "signature":
                self._send(behaviour.missigned(request))
            case "partial":
                self._send(behaviour.answer(request), half=True)
            case _:
                self._send(behaviour.answer(request))

    do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def _read(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, self.rfile.read(length))

    def _send(self, reply: Reply, *, half: bool = False) -> None:
        self.send_response(reply.status)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if half else reply.body)
        self.close_connection = self.close_connection or half

    def _control(self, request: Request) -> Reply:
        server = self.server
        if request.method == "PUT":
            try:
                faults = Faults.of(json.loads(request.body))
                server.misbehaviour.set(faults)
                server.behaviour.rides.seconds = faults.ride_seconds
            except (TypeError, ValueError) as error:
                return Reply(400, str(error).encode())
        shown = {
            "faults": asdict(server.misbehaviour.faults),
            "served": server.served,
            "rides": server.behaviour.rides.states(),
        }
        return Reply(200, json.dumps(shown).encode(), {"Content-Type": "application/json"})
