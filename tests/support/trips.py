"""Rides on whose way one worker dies: customers and unicorns who go on all the same, and what is to come of it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener
from tests.support.clients import Customer, Fleet, Json, Place, eventually
from tests.support.crasher import PUSH, Crash, Crasher

T = TypeVar("T")

SECONDS = 90
"""For one step, on a slow machine: the message of a killed worker is back after nine."""
BETWEEN_LOOKS = 0.4


@dataclass(frozen=True)
class End:
    """How a ride ends, what is told of it on the bus, and how often its RFQ and its unicorn change on the way."""

    status: str
    reason: str | None
    events: tuple[str, ...]
    changes: tuple[int, int]


@dataclass
class Trip:
    """A ride of a new customer with a new unicorn, which has given the one quote of the RFQ."""

    cloud: Cloud
    fleet: Fleet
    crash: Crash
    id: str = field(default="", init=False)
    _before: tuple[int, int] = field(default=(0, 0), init=False)

    def __post_init__(self) -> None:
        place = Place.new()
        told = self.crash.operation == PUSH
        self.unicorn = self.fleet.connected(place) if told else self.fleet.register(place)
        self._customer = Customer(self.cloud)
        self._rfq = self._customer.submit(place)
        self.rfq_id = self._rfq.rpartition("/")[2]
        self._customer.result(self._rfq)
        self._before = self._revisions()

    def arm(self, crasher: Crasher) -> None:
        """From now on a worker that works for this ride dies."""
        crasher.arm(self.crash, self.rfq_id, self.unicorn.id)

    def unicorn_leaves(self) -> None:
        """Its quote stands, but it takes no ride any more."""
        self.unicorn.report(Place.new(), available=False)
        self._before = self._revisions()

    def book(self) -> None:
        """Book the quote, repeatedly until there is an answer."""
        body, key = {"quote-id": self.unicorn.id}, {"Idempotency-Key": str(uuid.uuid4())}
        answer = insistently(
            lambda: self._customer.http.post(f"{self._rfq}/bookings", json=body, headers=key)
        )
        assert answer.status_code == 202, answer.text
        self.id = answer.json()["id"]

    def finish(self, how: str) -> None:
        """The unicorn ends the ride by `completion` or `cancellation`, repeatedly until there is an answer."""
        answer = insistently(lambda: self.unicorn.http.post(f"/rides/{self.id}/{how}"))
        assert answer.status_code == 204, answer.text

    def wait(self, status: str, reason: str | None = None) -> None:
        """Until the customer sees this."""

        def look() -> bool | None:
            shown: Json = insistently(lambda: self._customer.http.get(f"/rides/{self.id}")).json()
            seen.append((shown["status"], shown.get("reason")))
            return seen[-1] == (status, reason) or None

        seen: list[tuple[str, str | None]] = []
        self._until(look, f"{status}, but {seen}")

    def told(self, listener: Listener) -> list[str]:
        """The events about it, each once however often it came, in alphabetical order."""
        events = listener.about(self.id)
        return sorted(
            name for name, _ in {(e["detail-type"], e["detail"]["metadata"]["event_id"]) for e in events}
        )

    def wait_told(self, listener: Listener, *events: str) -> None:
        """Until these events were heard, and nothing else."""
        self._until(lambda: self.told(listener) == sorted(events) or None, f"{events}")

    def check(self, end: End, listener: Listener, *, changed_by_us: int = 0) -> None:
        """It came to this end, and each step took effect once."""
        self.wait(end.status, end.reason)
        self.wait_told(listener, *end.events)
        rfq, unicorn = (was + more for was, more in zip(self._before, end.changes, strict=True))
        expected = (rfq + changed_by_us, unicorn)
        self._until(lambda: self._revisions() >= expected or None, f"changes: {expected}")
        assert self._revisions() == expected, f"{self.crash}: each step takes effect once"
        shown = insistently(lambda: self.unicorn.http.get(f"/unicorns/{self.unicorn.id}"))
        assert "ride" not in shown.json(), f"{self.crash}: the unicorn is free"

    def _revisions(self) -> tuple[int, int]:
        """How often RFQ and unicorn were changed: each change counts one up."""
        keys = {"ride-booking": self.rfq_id, "unicorn-mgmt": self.unicorn.id}
        table = self.cloud.client("dynamodb")
        rfq, unicorn = (
            table.get_item(TableName=name, Key={"id": {"S": key}}, ConsistentRead=True)["Item"]["revision"][
                "N"
            ]
            for name, key in keys.items()
        )
        return int(rfq), int(unicorn)

    def _until(self, look: Callable[[], T | None], what: str) -> T:
        def calmly() -> T | None:
            found = look()
            if found is None:
                time.sleep(BETWEEN_LOOKS)
            return found

        return eventually(calmly, f"{self.crash}: {what}", SECONDS)


def insistently(call: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is no server's error: while workers die, and calls take a way around, some are."""
    return eventually(lambda: answer if (answer := call()).status_code < 500 else None, "an answer", SECONDS)
