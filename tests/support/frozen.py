"""A worker that was frozen, and the AWS that has closed its connections meanwhile."""

from collections.abc import Callable
from typing import Any

from tests.support.aws_proxy import AwsProxy, Request, Response
from wild_rydes_runtime.aws import KEPT_FOR


class Aws(AwsProxy):
    """Answers every call, by itself. `calls` are those it heard, `connections` counts those that were opened."""

    def __init__(self) -> None:
        super().__init__(upstream_port=0)
        self.calls: list[str] = []
        self.connections = 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.connections += 1
        return super().verify_request(request, client_address)

    def exchange(self, request: Request, _: Callable[[], Response]) -> Response:
        self.calls.append(request.operation)
        return Response(200, [("Content-Type", "application/x-amz-json-1.0")], b'{"MessageId": "m-1"}')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Clock:
    """Stands still until somebody sets it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def thaw(aws: Aws, clock: Clock, after: float = KEPT_FOR + 0.1) -> None:
    """The worker wakes up after so many seconds."""
    aws.forget_connections()
    clock.now += after
