"""Partner fleets: those of `rydes`, which answer in the world's time and misbehave as the seed decides."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPHeaderDict
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from infra.rydes.simulators.partners.behaviour import Behaviour, Reply, Request
from infra.rydes.simulators.partners.fleets import FLEETS
from tests.simulation.faults import Faults
from tests.simulation.kernel import Kernel

_MISDEEDS = (
    "error",
    "outage",
    "hang",
    "garbage",
    "partial",
    "throttle",
    "signature",
    "refuse",
    "unreachable",
)
_SILENT = ("error", "hang", "garbage")
"""Those after which nobody knows what it has done."""
_OFFERED_FOR = 600.0
"""Seconds."""


def secrets_of(id_: str) -> dict[str, str]:
    """Make what we share with a partner."""
    values = {name: f"{name} of {id_}" for name in FLEETS[id_].secret_values}
    return {"base_url": f"https://{id_}.example", **values}


class Answered:
    """A partner's answer, as urllib3 reads it."""

    def __init__(self, reply: Reply, *, half: bool = False) -> None:
        self.status = reply.status
        self.headers = HTTPHeaderDict(reply.headers)
        self._left = reply.body[: len(reply.body) // 2] if half else reply.body
        self._half = half

    def read1(self, amount: int) -> bytes:
        """Read some bytes."""
        chunk, self._left = self._left[:amount], self._left[amount:]
        if not chunk and self._half:
            raise ProtocolError("Connection broken")
        return chunk

    def close(self) -> None:
        """Give the connection up."""

    def release_conn(self) -> None:
        """Keep the connection."""


class Partners:
    """All fleets, by their ids."""

    def __init__(self, kernel: Kernel, faults: Faults) -> None:
        self._kernel = kernel
        self._faults = faults
        self.fleets: dict[str, Behaviour] = {id_: fleet(secrets_of(id_)) for id_, fleet in FLEETS.items()}
        for fleet in self.fleets.values():
            # Some rides are over soon, others not before the end of the history.
            fleet.rides.seconds = faults.chance.choice((20.0, 86_400.0))

    def exchange(  # noqa: PLR0911 - one for each misdeed
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> Any:
        """Answer a request, or do not. The caller is a task."""
        parts = urlsplit(url)
        fleet = self.fleets[str(parts.hostname).removesuffix(".example")]
        request = Request(method, parts.path, {name.lower(): value for name, value in headers.items()}, body)
        misdeed = self._faults.chance.choice(_MISDEEDS) if self._faults.happens("partner-breaks") else ""
        self._kernel.sleep(0.02 * (0.5 + self._kernel.chance.random()))
        if misdeed in _SILENT and self._faults.chance.random() < 0.5:
            fleet.answer(request)  # it does what it was asked, and does not say so
        match misdeed:
            case "unreachable":
                raise NewConnectionError(None, "nobody listens")  # type: ignore[arg-type]
            case "hang":
                self._kernel.sleep(timeout)
                raise ReadTimeoutError(None, url, "no answer")  # type: ignore[arg-type]
            case "outage":
                return Answered(Reply(503, b"down"))
            case "error":
                return Answered(Reply(500, b"oops"))
            case "throttle":
                return Answered(fleet.throttled(2))
            case "garbage":
                return Answered(Reply(200, b"\x00<{[not what you think\xff"))
            case "partial":
                return Answered(fleet.answer(request), half=True)
            case "signature":
                return Answered(fleet.missigned(request))
            case "refuse":
                return Answered(fleet.answer(request, willing=False))
        return Answered(self._limited(fleet.answer(request)))

    def _limited(self, reply: Reply) -> Reply:
        """Let an offer of Comet's end before its quotes are forgotten."""
        offer = json.loads(reply.body) if b'"available": true' in reply.body else None
        if offer is None:
            return reply
        at = datetime.fromtimestamp(self._kernel.now + _OFFERED_FOR, UTC)
        return replace(reply, body=json.dumps(offer | {"expiresAt": at.isoformat()}).encode())

    def rides(self) -> dict[str, tuple[str, str]]:
        """List the rides in all books: by id, whose and in which state."""
        return {
            ride: (id_, state)
            for id_, fleet in self.fleets.items()
            for ride, state in fleet.rides.states().items()
        }
