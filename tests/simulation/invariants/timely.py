"""That RF_QUOTES_VALID_FORs and bookings end in time, by the clock of the world and not by what a worker has written down."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from tests.simulation.faults import Faults
from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]

SLACK = 5.0
"""Seconds after its deadline, by which it is over where nothing has gone wrong."""
_AFTER_FAULTS = 240.0
"""Seconds after the last fault, by which it is over all the same: a batch that is late by a hundred may have waited for a minute
before."""
_CLOCKS_DIFFER_BY = 6.0
_TIME_TO_CONFIRM = 60.0
_QUOTES_VALID_FOR = 600.0


def bookable_until(rfq: Item, responder: str) -> float:
    """Tell until when the quote of a responder holds, in an RF_QUOTES_VALID_FOR that is over."""
    quote = rfq["responders"]["M"][responder]["M"]
    if "v" in quote:
        return int(quote["v"]["N"]) / 1000
    return int(rfq["completed_at"]["N"]) / 1000 + _QUOTES_VALID_FOR


class Timely:
    """Holds each write of an RF_QUOTES_VALID_FOR to the world's time."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._booked: dict[str, float] = {}

    def check_write(self, before: Item | None, after: Item, now: float) -> None:
        """Hold a write to the time at which it happens."""
        id_, deadline = after["id"]["S"], int(after["deadline"]["N"]) / 1000
        if "completed_by" in after and before and "completed_by" not in before:
            self._ends(id_, deadline, now)
            if after["completed_by"]["S"] == "deadline":
                require(now > deadline - _CLOCKS_DIFFER_BY, "nothing-ends-too-early", id_)
        rides = after.get("rides", {"L": []})["L"]
        were = before.get("rides", {"L": []})["L"] if before else []
        for number, (was, ride) in enumerate(zip_longest(were, rides), start=1):
            self._ride(f"{id_}.{number}", was and was["M"], ride["M"], after, now)

    def _ride(self, id_: str, was: Item | None, ride: Item, rfq: Item, now: float) -> None:
        if was is None:
            self._booked[id_] = now
            at = int(ride["b"]["N"]) / 1000
            require(at < bookable_until(rfq, ride["r"]["S"]), "what-has-expired-is-not-booked", id_)
            return
        status = ride["s"]["S"]
        if status == was["s"]["S"] or was["s"]["S"] != "pending":
            return
        until = int(ride["b"]["N"]) / 1000 + _TIME_TO_CONFIRM
        changed_at = int(ride["t"]["N"]) / 1000
        self._ends(id_, self._booked[id_] + _TIME_TO_CONFIRM, now)
        if status == "rejected" and ride["w"]["S"] == "timeout":
            require(changed_at == until, "a-booking-times-out-at-its-deadline", id_)
            require(
                now > self._booked[id_] + _TIME_TO_CONFIRM - _CLOCKS_DIFFER_BY, "nothing-ends-too-early", id_
            )
        elif status == "confirmed":
            require(changed_at < until, "a-booking-times-out-at-its-deadline", f"{id_} is confirmed after it")

    def _ends(self, id_: str, deadline: float, now: float) -> None:
        latest = deadline + SLACK
        if self._faults.injected:
            latest = max(latest, self._faults.last_at + _AFTER_FAULTS)
        require(
            now <= latest, "what-is-due-ends-in-time", f"{id_} ends {now - deadline:.0f} s after its deadline"
        )
