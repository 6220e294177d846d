"""What simulated partners have in common on the wire."""

import hashlib
import hmac
import json
from typing import Any, Final
from urllib.parse import unquote

from infra.rydes.simulators.partners.behaviour import Reply, Request

JSON: Final = {"Content-Type": "application/json"}


def json_reply(status: int, content: dict[str, Any]) -> Reply:
    """Answer with a JSON object."""
    return Reply(status, json.dumps(content).encode(), dict(JSON))


def ride_in(request: Request, below: str) -> str | None:
    """Return the id of the ride that a path below this one names; None if it is another path."""
    return unquote(request.path.removeprefix(below)) if request.path.startswith(below) else None


def mac(key: str, content: bytes) -> str:
    """Sign with HMAC-SHA256, in hexadecimal digits."""
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
