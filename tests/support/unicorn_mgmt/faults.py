"""AWS services that fail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


@contextmanager
def throttled(client: object, call: str, times: int) -> Iterator[list[str]]:
    """The service refuses this many requests of `call` with throttling; yields what it refused."""
    refused: list[str] = []

    def refuse(request: object, **_: object) -> AWSResponse | None:
        if len(refused) == times:
            return None
        refused.append(call)
        body = json.dumps({"__type": "ThrottlingException", "message": "slow down"}).encode()
        return AWSResponse("https://aws", 400, HTTPHeaders(), _Raw(body))

    event = f"before-send.{call}"
    client.meta.events.register_first(event, refuse)  # type: ignore[attr-defined]
    yield refused
    client.meta.events.unregister(event, refuse)  # type: ignore[attr-defined]
