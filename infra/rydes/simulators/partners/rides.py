"""The rides that a simulated partner has been asked for, each driven some seconds after it was taken."""

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
    """By the customer's id of each: who asks again is answered as before, and what was cancelled is never driven.

    Each takes `seconds` from when it was taken.
    """

    def __init__(self) -> None:
        self.seconds = 1.0
        self._states: dict[str, RideState] = {}
        self._lock = threading.Lock()

    def states(self) -> dict[str, RideState]:
        """What has become of each."""
        with self._lock:
            return dict(self._states)

    def book(self, ride_id: str, *, willing: bool, completed: Callable[[], object]) -> RideState:
        """Take a ride, if the partner is willing. `completed` is called when it has been driven."""
        with self._lock:
            known = self._states.get(ride_id)
            if known:
                return known
            self._states[ride_id] = "confirmed" if willing else "refused"
            if willing:
                later(self.seconds, lambda: self._complete(ride_id, completed))
            return self._states[ride_id]

    def cancel(self, ride_id: str) -> None:
        """Cancel a ride, or see to it that it never is one; not one that was driven."""
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
    """Do it by and by, unless the partner ends before."""
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a callback, again for a while if it is not taken; the last status, 0 if there was none."""
    status = 0
    for attempt in range(_TRIES):
        time.sleep(_FIRST_WAIT * 2 ** (attempt - 1) if attempt else 0)
        status = _post_once(url, body, headers)
        if 200 <= status < 500:  # noqa: PLR2004 - taken, or not wanted
            break
    return status


def _post_once(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - a URL we were given
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as refused:
        return int(refused.code)
    except (URLError, TimeoutError, OSError):
        return 0
