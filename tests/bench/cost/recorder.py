"""Records every AWS call that the functions make."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.aws_proxy import AwsProxy, Request, Response


@dataclass(frozen=True)
class Call:
    """One AWS call: `operation` as in `DynamoDB_20120810.GetItem`, without the version."""

    service: str
    operation: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    ok: bool


class Recorder(AwsProxy):
    """The calls that went through it, as they were answered."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.calls: list[Call] = []

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, record, answer."""
        answer = forward()
        self.calls.append(
            Call(
                request.service,
                request.operation,
                request.content,
                json.loads(answer.body or b"{}"),
                ok=answer.status < 300,
            )
        )
        return answer
