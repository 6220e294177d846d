"""AWS calls that fail, as they do under throttling."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


@contextmanager
def throttle(
    client: Any, operation: str, only: str = "", *, code: str = "ThrottlingException", status: int = 400
) -> Iterator[None]:
    """Refuse the operation, or just those calls of it whose parameters hold this text."""
    name = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def refuse(params: dict[str, Any], **_: Any) -> Any:
        if only and only not in json.dumps(params, default=str):
            return None
        error = {
            "Error": {"Code": code, "Message": "slow down"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        return SimpleNamespace(status_code=status, headers={}), error

    client.meta.events.register(name, refuse)
    try:
        yield
    finally:
        client.meta.events.unregister(name, refuse)
