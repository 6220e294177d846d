"""The unicorn socket, as its apps see it."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.support.asyncapi import validator
from tests.support.patience import PATIENCE
from unicorn_mgmt.api.asyncapi import asyncapi

AS_DOCUMENTED = validator(asyncapi(), "send")


class UnicornSocket:
    """The connections of the unicorn socket: what was pushed to them, all as documented, and how each
    answers."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self.failing: dict[str, int] = {}
        self.in_flight = self.most_in_flight = 0
        self.time = 0.0
        """Of its clock, in seconds: each push takes `takes` of them."""
        self.takes = 0.0
        self.together = 1
        """So many pushes wait for each other."""
        self._change = threading.Condition()
        client.meta.events.register_first("before-send.apigatewaymanagementapi.PostToConnection", self._take)

    def _take(self, request: Any, **_: object) -> AWSResponse:
        connection = unquote(request.url.rpartition("/")[2])
        with self._change:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self._change.notify_all()
            self._change.wait_for(lambda: self.most_in_flight >= self.together, PATIENCE)
        with self._change:
            self.in_flight -= 1
            self.time += self.takes
            push = json.loads(request.body)
            AS_DOCUMENTED.validate(push)
            self.pushed.append((connection, push))
        status = self.failing.get(connection, 200)
        headers = HTTPHeaders()
        if status == 410:
            headers["x-amzn-ErrorType"] = "GoneException"
        return AWSResponse(request.url, status, headers, _Raw(b"{}"))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body
