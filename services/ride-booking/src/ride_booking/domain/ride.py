"""The rules of a ride: an attempt to book one quote.

A ride begins pending. Its responder confirms or rejects it; without word from the responder in time, the
booking fails. A confirmed ride is completed, or given up by its responder. News may arrive in any order,
twice, or never: no transition raises, and none undoes an end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from wild_rydes_contracts.instants import truncated

RideStatus: TypeAlias = Literal["pending", "confirmed", "rejected", "completed"]
NotBookableReason: TypeAlias = Literal[
    "running", "cancelled", "unknown-quote", "expired", "taken", "too-many-attempts", "key-reused"
]

TIME_TO_CONFIRM = timedelta(seconds=60)
"""How long a responder has to confirm; then the customer may book another quote."""

QUOTES_VALID_FOR = timedelta(minutes=10)
"""How long after the RFQ's completion a quote without a `valid_until` of its own can be booked."""

TIMED_OUT = "timeout"


class NotBookable(Exception):
    """A quote cannot be booked, for `reason`."""

    def __init__(self, reason: NotBookableReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ride:
    """An attempt to book the quote of `responder`. `key` tells a repeated request from a new one.

    `changed_at` is when the ride reached its status; `reason` says why it was rejected.
    """

    responder: str
    booked_at: datetime
    changed_at: datetime
    status: RideStatus = "pending"
    reason: str | None = None
    key: str | None = None

    @property
    def deadline(self) -> datetime:
        """When the booking fails if the ride is still pending."""
        return self.booked_at + TIME_TO_CONFIRM

    @property
    def live(self) -> bool:
        """Whether the ride prevents the booking of another quote."""
        return self.status != "rejected"

    def confirm(self, now: datetime) -> "Ride":
        """Confirm a pending ride. At the deadline it is too late, even if nobody has noticed that yet."""
        ride = self.time_out(now)
        return ride._became("confirmed", now) if ride.status == "pending" else ride

    def reject(self, reason: str, now: datetime) -> "Ride":
        """Reject the ride: its responder does not take it, or gives it up."""
        if self.status not in ("pending", "confirmed"):
            return self
        return replace(self._became("rejected", now), reason=reason)

    def time_out(self, now: datetime) -> "Ride":
        """Reject a ride that is still pending at its deadline; before it, change nothing."""
        if self.status != "pending" or now < self.deadline:
            return self
        return replace(self._became("rejected", self.deadline), reason=TIMED_OUT)

    def complete(self, now: datetime) -> "Ride":
        """Complete the ride, even if its confirmation has not arrived yet."""
        return self._became("completed", now) if self.status in ("pending", "confirmed") else self

    def _became(self, status: RideStatus, at: datetime) -> "Ride":
        return replace(self, status=status, changed_at=truncated(at))


Transition: TypeAlias = Callable[[Ride], Ride]


def ride_id(rfq_id: str, number: int) -> str:
    """Make the id of an RFQ's ride, counted from 1. Others treat the id as opaque."""
    return f"{rfq_id}.{number}"


def parse_ride_id(text: str) -> tuple[str, int]:
    """Split a ride's id into the RFQ's id and the ride's number.

    Raises ValueError if it is not the id of a ride.
    """
    rfq_id, dot, number = text.rpartition(".")
    if not rfq_id or not dot or not number.isdecimal() or not number.isascii() or number.startswith("0"):
        raise ValueError("no ride id")
    return rfq_id, int(number)
