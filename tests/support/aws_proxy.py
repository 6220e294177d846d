"""A proxy between the deployed functions and the emulator, through which a test or a bench sees their AWS calls."""

import http.client
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from infra.rydes.cloud.workers import Worker, caller

_HOP_BY_HOP = frozenset({"content-length", "transfer-encoding", "connection"})
_URLS_OF_ITS_OWN = ("CONNECTIONS_URL",)
"""Variables that name an AWS endpoint of the function's own, beside AWS_ENDPOINT_URL."""


@dataclass(frozen=True)
class Request:
    """A call as a function makes it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def caller(self) -> Worker | None:
        """The worker that makes it."""
        return caller(self.headers.get("User-Agent", ""))

    @cached_property
    def service(self) -> str:
        """`DynamoDB`, `AmazonSQS`, … of the JSON protocols, else empty."""
        return self.headers.get("X-Amz-Target", "").rpartition(".")[0].partition("_")[0]

    @cached_property
    def operation(self) -> str:
        """`GetItem`, `PutEvents`, …; empty if it can be told neither by the header nor by the path."""
        if "/@connections/" in self.path and self.method == "POST":
            return "PostToConnection"
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]

    @cached_property
    def content(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Response:
    """What the emulator answered."""

    status: int
    headers: Iterable[tuple[str, str]]
    body: bytes


def throttled(request: Request) -> Response:
    """The answer of AWS to a call too many, as each kind of service says it: JSON by a header or by the path, and XML."""
    if "X-Amz-Target" in request.headers:
        return _json_error(400, "ThrottlingException", "Rate exceeded")
    if request.operation == "PostToConnection":
        return Response(429, [("x-amzn-ErrorType", "LimitExceededException")], b"{}")
    return _xml_error("SlowDown")


def failed(request: Request) -> Response:
    """The answer of AWS that has met trouble of its own."""
    if "X-Amz-Target" in request.headers:
        return _json_error(500, "InternalServerError", "We encountered an internal error.")
    if request.operation == "PostToConnection":
        return Response(500, [("x-amzn-ErrorType", "InternalServerErrorException")], b"{}")
    return _xml_error("InternalError")


def _json_error(status: int, type_: str, message: str) -> Response:
    body = json.dumps({"__type": type_, "message": message})
    return Response(status, [("Content-Type", "application/x-amz-json-1.0")], body.encode())


def _xml_error(code: str) -> Response:
    return Response(
        503, [("Content-Type", "application/xml")], f"<Error><Code>{code}</Code></Error>".encode()
    )


class Abandoned(Exception):
    """The call gets no answer."""


class AwsProxy(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1 and passes requests on unchanged; signatures stay valid."""

    daemon_threads = True
    request_queue_size = (
        128  # many workers connect at once; whom a full queue turns away comes back a second later
    )

    def __init__(self, upstream_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._upstream_port = upstream_port
        self.era = 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """The answer to a request. Raises Abandoned when there shall be none."""
        raise NotImplementedError

    def forget_connections(self) -> None:
        """Forget those that are open now, and do not tell: whoever sends on one of them gets no answer.

        So it is with the connections of a worker that was frozen for a while.
        """
        self.era += 1

    @contextmanager
    def between(self, functions: Any, names: Iterable[str]) -> Iterator[None]:
        """Let these functions make their calls through the proxy; afterwards as before."""
        before = {}
        try:
            for name in names:
                configuration = functions.get_function_configuration(FunctionName=name)
                before[name] = configuration.get("Environment", {}).get("Variables", {})
                _set(functions, name, self._redirected(before[name]))
            yield
        finally:
            for name, variables in before.items():
                _set(functions, name, variables)
            self.shutdown()
            self.server_close()

    def forward(self, request: Request) -> Response:
        """Let the emulator answer."""
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=30)
        try:
            upstream.request(request.method, request.path, body=request.body, headers=dict(request.headers))
            answer = upstream.getresponse()
            return Response(answer.status, answer.getheaders(), answer.read())
        finally:
            upstream.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker or the cloud has ended in the middle of a call; it is for the caller to try again."""

    def _redirected(self, variables: Mapping[str, str]) -> dict[str, str]:
        here = f"127.0.0.1:{self.server_port}"
        own = {
            name: urlsplit(variables[name])._replace(netloc=here).geturl()
            for name in _URLS_OF_ITS_OWN
            if name in variables
        }
        return {**variables, **own, "AWS_ENDPOINT_URL": f"http://{here}"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the second would wait for the first to be acknowledged
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._era = cast("AwsProxy", self.server).era

    def _exchange(self) -> None:
        proxy = cast("AwsProxy", self.server)
        if self._era != proxy.era:
            self.close_connection = True  # with a reset, since the body is not read
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        try:
            answer = proxy.exchange(request, lambda: proxy.forward(request))
        except Abandoned:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = _exchange  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: whoever looks at the calls sees them."""


def _set(functions: Any, name: str, variables: Mapping[str, str]) -> None:
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
