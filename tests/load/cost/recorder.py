"""A proxy between the functions and the emulator that records every AWS call they make."""

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True)
class Call:
    """One AWS call in the JSON protocol: `operation` as in `DynamoDB_20120810.GetItem`, without the version."""

    service: str
    operation: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    ok: bool


class Recorder(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1 and passes requests on unchanged; signatures stay valid."""

    daemon_threads = True

    def __init__(self, upstream_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream_port = upstream_port
        self.calls: list[Call] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What a function's AWS_ENDPOINT_URL must be to be recorded."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker or the cloud has ended in the middle of a call; it is for the caller to try again."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Forward, record, answer."""
        recorder = cast("Recorder", self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection("127.0.0.1", recorder.upstream_port, timeout=30)
        upstream.request("POST", self.path, body=body, headers=dict(self.headers.items()))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        target = self.headers.get("X-Amz-Target", "")
        service, _, operation = target.rpartition(".")
        recorder.calls.append(
            Call(
                service.partition("_")[0],
                operation,
                json.loads(body or b"{}"),
                json.loads(content or b"{}"),
                ok=answer.status < 300,
            )
        )
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the calls are recorded."""
