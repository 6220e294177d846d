"""The rides of a simulated partner. Each is driven some seconds after the partner has taken it."""

import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Literal
from urllib.error import HTTPError, URLError

RideState = Literal["confirmed", "refused", "cancelled", "completed"]

_TRIES = 6
_FIRST_WAIT = 0.2
_TIMEOUT = 5


class Rides:
    """Rides by our ids. A repeated request gets the first answer; a cancelled ride is never driven.

    A ride takes `seconds` from its booking.
    """

    def __init__(self) -> None:
        self.seconds = 1.0
        self._states: dict[str, RideState] = {}
        self._lock = threading.Lock()

    def states(self) -> dict[str, RideState]:
        """Return the state of each ride."""
        with self._lock:
            return dict(self._states)

    def book(self, ride_id: str, *, willing: bool, completed: Callable[[], object]) -> RideState:
        """Take a ride if the partner is willing, and call `completed` when it has been driven."""
        with self._lock:
            known = self._states.get(ride_id)
            if known:
                return known
            self._states[ride_id] = "confirmed" if willing else "refused"
            if willing:
                later(self.seconds, lambda: self._complete(ride_id, completed))
            return self._states[ride_id]

    def cancel(self, ride_id: str) -> None:
        """Cancel a ride unless it was driven; an unknown one can no longer be booked."""
        with self._lock:
            if self._states.get(ride_id) != "completed":
                self._states[ride_id] = "cancelled"

    def _complete(self, ride_id: str, completed: Callable[[], object]) -> None:
        with self._lock:
            if self._states[ride_id] != "confirmed":
                return
            self._states[ride_id] = "completed"
        completed()


def later(seconds: float, do: Callable[[], object]) -> None:
    """Do it after so many seconds, unless the partner ends before."""
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a callback, and repeat it if it is not taken; return the last status (0: no answer)."""
    status = 0
    for attempt in range(_TRIES):
        time.sleep(_FIRST_WAIT * 2 ** (attempt - 1) if attempt else 0)
        status = _post_once(url, body, headers)
        if 200 <= status < 500:  # noqa: PLR2004 - taken or refused
            break
    return status


def _post_once(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the URL comes from us
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as refused:
        return int(refused.code)
    except (URLError, TimeoutError, OSError):
        return 0
