"""Rides on whose way one worker dies: customers and unicorns who go on all the same, and what is to come of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener
from tests.support.clients import Customer, Fleet, Json, Place, key
from tests.support.crasher import PUSH, Crash, Crasher
from tests.support.logs import messages_about
from tests.support.patience import eventually

P = TypeVar("P")
T = TypeVar("T")

OUT_OF_TIME = ("rejected", "timeout")


TRIES = 5
"""Rides for one crash. All but the first are for machines that are too slow for a ride's minute."""


class TooLate(Exception):
    """The booking came to the unicorn's service after its minute: the machine is slow, and nothing is lost."""


def too_late(cloud: Cloud, rfq_id: str) -> None:
    """Raise TooLate, as soon as it is known that a booking that ran out of time was not lost."""
    handled = {"confirmed", "rejected", "asked", "dropped: past its deadline"}
    eventually(
        lambda: messages_about(cloud, rfq_id, "unicorn-mgmt-bookings"),
        f"the booking of {rfq_id}, late",
        lambda messages: not handled.isdisjoint(messages),
    )
    raise TooLate(rfq_id)


def in_time(travel: Callable[[P], T]) -> Callable[[P], T]:
    """Travels as planned, again if it was too late."""

    def travel_again(plan: P) -> T:
        for _ in range(TRIES - 1):
            with suppress(TooLate):
                return travel(plan)
        return travel(plan)

    return travel_again


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
    _disarm: Callable[[], None] = field(default=lambda: None, init=False)

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
        self._disarm = lambda: crasher.disarm(self.crash, self.rfq_id, self.unicorn.id)

    def unicorn_leaves(self) -> None:
        """Its quote stands, but it takes no ride any more."""
        self.unicorn.report(Place.new(), available=False)
        self._before = self._revisions()

    def book(self) -> None:
        """Book the quote, repeatedly until there is an answer."""
        body, headers = {"quote-id": self.unicorn.id}, key()
        answer = insistently(
            lambda: self._customer.http.post(f"{self._rfq}/bookings", json=body, headers=headers)
        )
        assert answer.status_code == 202, answer.text
        self.id = answer.json()["id"]

    def finish(self, how: str) -> None:
        """The unicorn ends the ride by `completion` or `cancellation`, repeatedly until there is an answer."""
        answer = insistently(lambda: self.unicorn.http.post(f"/rides/{self.id}/{how}"))
        assert answer.status_code == 204, answer.text

    def wait(self, status: str, reason: str | None = None) -> None:
        """Until the customer sees this. Raises TooLate for a ride that was handled after its minute."""

        def seen() -> tuple[str, str | None]:
            shown: Json = insistently(lambda: self._customer.http.get(f"/rides/{self.id}")).json()
            return shown["status"], shown.get("reason")

        ends = {(status, reason), OUT_OF_TIME}
        if eventually(seen, f"{self.crash}: {status}", lambda seen: seen in ends) != (status, reason):
            self._disarm()
            too_late(self.cloud, self.rfq_id)

    def told(self, listener: Listener) -> list[str]:
        """The events about it, each once however often it came, in alphabetical order."""
        events = listener.about(self.id)
        return sorted(
            name for name, _ in {(e["detail-type"], e["detail"]["metadata"]["event_id"]) for e in events}
        )

    def wait_told(self, listener: Listener, *events: str) -> None:
        """Until these events were heard, and nothing else."""
        wanted = sorted(events)
        eventually(lambda: self.told(listener), f"{self.crash}: {wanted}", lambda told: told == wanted)

    def wait_for_its_unicorn(self, listener: Listener) -> None:
        """Until its unicorn has confirmed, whether or not anybody hears of it. Raises TooLate."""
        told = eventually(
            lambda: self.told(listener),
            f"{self.crash}: confirmed, or out of time",
            lambda told: not {"RideConfirmed", "RideBookingFailed"}.isdisjoint(told),
        )
        if "RideConfirmed" not in told:
            self._disarm()
            too_late(self.cloud, self.rfq_id)

    def check(self, end: End, listener: Listener, *, changed_by_us: int = 0) -> None:
        """It came to this end, and each step took effect once."""
        self.wait(end.status, end.reason)
        self.wait_told(listener, *end.events)
        rfq, unicorn = (was + more for was, more in zip(self._before, end.changes, strict=True))
        expected = (rfq + changed_by_us, unicorn)
        eventually(self._revisions, f"{self.crash}: changes: {expected}", lambda changes: changes >= expected)
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


def insistently(call: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is no server's error: while workers die, and calls take a way around, some are."""
    return eventually(call, "an answer", lambda answer: answer.status_code < 500)
