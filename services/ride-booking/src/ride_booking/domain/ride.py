"""The rules of a ride: an attempt to book one quote, and what becomes of it. No I/O.

A ride begins pending. Its responder confirms or rejects it; if neither is heard of in time, the booking has failed. A
confirmed ride is completed, or given up by its responder. What is told may come in any order, twice, or never: no
transition raises, and none undoes an end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from wild_rydes_contracts.instants import truncated

RideStatus: TypeAlias = Literal["pending", "confirmed", "rejected", "completed"]
NotBookableReason: TypeAlias = Literal[
    "running", "cancelled", "unknown-quote", "expired", "taken", "key-reused"
]

TIME_TO_CONFIRM = timedelta(seconds=60)
"""How long a responder has to confirm; then the customer may book another quote."""

QUOTES_VALID_FOR = timedelta(minutes=10)
"""How long after the RFQ's completion a quote may be booked that does not say so itself."""

TIMED_OUT = "timeout"


class NotBookable(Exception):
    """A quote cannot be booked, for `reason`."""

    def __init__(self, reason: NotBookableReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ride:
    """An attempt to book the quote of `responder`. `key` tells a repeated request from another one.

    `changed_at` is when it became what it is; `reason` says why it was rejected.
    """

    responder: str
    booked_at: datetime
    changed_at: datetime
    status: RideStatus = "pending"
    reason: str | None = None
    key: str | None = None

    @property
    def deadline(self) -> datetime:
        """When a ride that is still pending has failed."""
        return self.booked_at + TIME_TO_CONFIRM

    @property
    def live(self) -> bool:
        """Whether it stands in the way of booking another quote."""
        return self.status != "rejected"

    def confirm(self, now: datetime) -> "Ride":
        """The responder takes it. At the deadline it is too late, whoever was to notice that."""
        ride = self.time_out(now)
        return ride._became("confirmed", now) if ride.status == "pending" else ride

    def reject(self, reason: str, now: datetime) -> "Ride":
        """The responder does not take it, or gives it up."""
        if self.status not in ("pending", "confirmed"):
            return self
        return replace(self._became("rejected", now), reason=reason)

    def time_out(self, now: datetime) -> "Ride":
        """At the deadline, reject what is still pending; before it, change nothing."""
        if self.status != "pending" or now < self.deadline:
            return self
        return replace(self._became("rejected", self.deadline), reason=TIMED_OUT)

    def complete(self, now: datetime) -> "Ride":
        """It has taken place, whether or not word of its confirmation has come."""
        return self._became("completed", now) if self.status in ("pending", "confirmed") else self

    def _became(self, status: RideStatus, at: datetime) -> "Ride":
        return replace(self, status=status, changed_at=truncated(at))


Transition: TypeAlias = Callable[[Ride], Ride]


def ride_id(rfq_id: str, number: int) -> str:
    """The id of an RFQ's ride, counted from 1. To everybody else it is opaque."""
    return f"{rfq_id}.{number}"


def parse_ride_id(text: str) -> tuple[str, int]:
    """The RFQ's id and the number in it. Raises ValueError when it is no ride's id."""
    rfq_id, dot, number = text.rpartition(".")
    if not dot or not number.isdecimal() or not number.isascii() or number.startswith("0"):
        raise ValueError("no ride id")
    return rfq_id, int(number)
