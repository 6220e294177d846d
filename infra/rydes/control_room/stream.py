"""What the watch tells, as one stream of server-sent events for each page that looks.

A page that comes gets all that is known as a `snapshot`, then a `tick` each time that something was found. One that comes
back says which event it had last: if what came after is still known, it gets that instead of a snapshot.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

from sse_starlette import ServerSentEvent

_KEPT: Final = 120
"""Ticks that are kept for whoever comes back."""
_LAST_RFQS: Final = 50


class Stream:
    """Hands ticks from the watch's thread to the pages."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        """Ids of another process's events mean nothing here."""
        self._ticks: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_KEPT)
        self._last = 0
        self._state: dict[str, Any] = {}
        self._told = asyncio.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.readers = 0

    def begin(self) -> None:
        """Take the running event loop for the one in which pages wait."""
        self._loop = asyncio.get_running_loop()

    def tell(self, tick: dict[str, Any]) -> None:
        """Pass a tick on, from any thread."""
        if self._loop and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._add(tick), self._loop)

    async def events(self, last_id: str) -> AsyncIterator[ServerSentEvent]:
        """Tell one page, for ever."""
        self.readers += 1
        try:
            seen = self._number(last_id)
            if seen is None:
                if not self._last:
                    await self._wait(0)
                seen = self._last
                yield self._event("snapshot", seen, self._state)
            while True:
                for number, tick in [each for each in self._ticks if each[0] > seen]:
                    seen = number
                    yield self._event("tick", number, tick)
                await self._wait(seen)
        finally:
            self.readers -= 1

    async def _add(self, tick: dict[str, Any]) -> None:
        async with self._told:
            before = self._state
            self._state = merged(before, tick)
            self._last += 1
            self._ticks.append((self._last, changed(before, tick)))
            self._told.notify_all()

    async def _wait(self, seen: int) -> None:
        async with self._told:
            await self._told.wait_for(lambda: self._last > seen)

    def _number(self, last_id: str) -> int | None:
        """Read which tick a page had last; None if it has to begin anew."""
        run, _, number = last_id.partition("-")
        if run != self._run or not number.isdecimal() or not self._ticks:
            return None
        first = self._ticks[0][0]
        return int(number) if first - 1 <= int(number) <= self._last else None

    def _event(self, kind: str, number: int, data: dict[str, Any]) -> ServerSentEvent:
        text = json.dumps(data, separators=(",", ":"))
        return ServerSentEvent(text, event=kind, id=f"{self._run}-{number}")


def merged(state: dict[str, Any], tick: dict[str, Any]) -> dict[str, Any]:
    """Bring what is known up to date. What has moved is over, and no part of it.

    A cloud that does not answer leaves what was known, and when it was: `at`.
    """
    if "unreachable" in tick:
        return {**tick, **state, "unreachable": tick["unreachable"]}
    rfqs = {rfq["id"]: rfq for rfq in (*state.get("rfqs", ()), *tick["rfqs"])}
    newest = sorted(rfqs.values(), key=lambda rfq: -rfq["began"])[:_LAST_RFQS]
    kept = {key: tick[key] for key in ("at", "picture", "depths", "circuits", "faults", "figures")}
    return {**kept, "rfqs": newest, "hops": [], "alerts": []}


def changed(state: dict[str, Any], tick: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a tick the depths that a page knows already."""
    if "unreachable" in tick:
        return tick
    known = state.get("depths", {})
    depths = {name: depth for name, depth in tick["depths"].items() if known.get(name) != depth}
    return {**tick, "depths": depths}
