"""A worker dies by kill -9 before and after each step of a ride with a partner: above all, between its yes and our note of it.

The ride takes place all the same, or is cancelled at the partner, and each step takes effect once.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from tests.support.bus import Listener
from tests.support.clients import Customer, Json, Queues, key
from tests.support.crasher import Crash, Crasher
from tests.support.partner_fleets import ask, quoted
from tests.support.patience import eventually
from tests.support.time_travel import booking_is_due, minute_passes
from tests.support.trips import in_time, insistently, too_late

AT_ONCE = 4
"""A crash that stops the streams stops those of all rides, and none has more than a minute to be confirmed."""
PARTNER = "p-comet"
BOOKER = f"unicorn-mgmt-{PARTNER}-rides"
FUNCTIONS = ("unicorn-mgmt-bookings", "unicorn-mgmt-outbox", "unicorn-mgmt-partner-callbacks", BOOKER)
COMPLETION = (
    ("unicorn-mgmt-bookings", "PutItem", '"asked"'),
    ("unicorn-mgmt-outbox", "SendMessageBatch", "book"),
    (BOOKER, "PutItem", '"confirmed"'),
    ("unicorn-mgmt-outbox", "PutEvents", "RideConfirmed"),
    ("unicorn-mgmt-partner-callbacks", "PutItem", '"completed"'),
    ("unicorn-mgmt-outbox", "PutEvents", "RideCompleted"),
)
TIME_OUT = (
    ("unicorn-mgmt-bookings", "PutItem", '"released"'),
    ("unicorn-mgmt-outbox", "SendMessageBatch", "cancel"),
)


@pytest.fixture
def crasher(cloud: Cloud) -> Iterator[Crasher]:
    crasher = Crasher(cloud)
    with crasher.between(cloud.client("lambda"), FUNCTIONS):
        yield crasher


def crashes(calls: tuple[tuple[str, str, str], ...]) -> list[Crash]:
    return [Crash(*call, carried_out=after) for call in calls for after in (False, True)]


class Trip:
    """A new customer's ride with the partner."""

    def __init__(self, cloud: Cloud, crash: Crash) -> None:
        self._customer, self._crash = Customer(cloud), crash
        self.result = eventually(
            lambda: ask(self._customer), f"a quote of {PARTNER}", lambda result: PARTNER in quoted(result)
        )
        self.rfq_id = self.result["id"]
        self.id = ""

    def book(self) -> None:
        answer = self._customer.http.post(
            self.result["links"]["bookings"], json={"quote-id": PARTNER}, headers=key()
        )
        assert answer.status_code == 202, answer.text
        self.id = answer.json()["id"]

    def show(self) -> Json:
        shown: Json = insistently(lambda: self._customer.http.get(f"/rides/{self.id}")).json()
        return shown

    def wait(self, *wanted: str) -> Json:
        return eventually(self.show, f"{self._crash}: {wanted}", lambda shown: shown["status"] in wanted)

    def told(self, listener: Listener) -> list[str]:
        """The events about it, each once however often it came."""
        events = listener.about(self.id)
        return sorted(n for n, _ in {(e["detail-type"], e["detail"]["metadata"]["event_id"]) for e in events})


def test_a_crash_between_any_two_steps_of_a_ride(
    cloud: Cloud, partners: Partners, crasher: Crasher, listener: Listener
) -> None:
    partners.misbehave(PARTNER, ride_seconds=5)

    def travel(crash: Crash) -> None:
        trip = Trip(cloud, crash)
        crasher.arm(crash, trip.rfq_id)
        trip.book()
        ended = trip.wait("completed", "rejected")
        if ended.get("reason") == "timeout":
            crasher.disarm(crash, trip.rfq_id)
            too_late(cloud, trip.rfq_id)
        assert ended["status"] == "completed", f"{crash}: {ended}"
        assert partners.rides(PARTNER)[trip.id] == "completed"
        known = item(cloud, trip)
        assert known["state"]["S"] == "completed"
        # The partner may have driven the ride before the message of a killed worker is back: then nobody hears of its yes.
        # A call that ran out of time leaves a doubt, once.
        steps = int(known["revision"]["N"]) - ("doubtful" in known)
        confirmed = ["RideConfirmed"] * (steps == 3)
        assert steps in (2, 3), f"{crash}: each step takes effect once"
        events = ["QuoteAccepted", "RideBooked", "RideCompleted", *confirmed]
        eventually(lambda: trip.told(listener), f"{crash}: {events}", lambda told: told == events)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(in_time(travel), crashes(COMPLETION)))
    all_came_to_pass(crasher)


def test_a_crash_between_any_two_steps_of_a_time_out(
    cloud: Cloud, partners: Partners, crasher: Crasher, queues: Queues
) -> None:
    partners.misbehave(PARTNER, ride_seconds=600)
    mapping = cloud.client("lambda").list_event_source_mappings(FunctionName="ride-booking-rides")
    uuid_ = mapping["EventSourceMappings"][0]["UUID"]

    def travel(crash: Crash) -> None:
        trip = Trip(cloud, crash)
        crasher.arm(crash, trip.rfq_id)
        trip.book()
        there, status = eventually(
            lambda: (partners.rides(PARTNER).get(trip.id), trip.show()["status"]),
            f"{crash}: confirmed there, or out of time",
            lambda seen: "confirmed" in seen or "rejected" in seen,
        )
        if there is None and status == "rejected":
            crasher.disarm(crash, trip.rfq_id)
            too_late(cloud, trip.rfq_id)
        minute_passes(cloud, trip.rfq_id)
        booking_is_due(queues, trip.rfq_id)
        assert trip.wait("confirmed", "rejected")["reason"] == "timeout"
        eventually(
            lambda: partners.rides(PARTNER).get(trip.id),
            f"{crash}: cancelled",
            lambda there: there == "cancelled",
        )

    # ride-booking does not hear that the partner has confirmed
    cloud.client("lambda").update_event_source_mapping(UUID=uuid_, Enabled=False)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(in_time(travel), crashes(TIME_OUT)))
    finally:
        cloud.client("lambda").update_event_source_mapping(UUID=uuid_, Enabled=True)
    all_came_to_pass(crasher)


def all_came_to_pass(crasher: Crasher) -> None:
    """Each crash has. One call may carry several rides' messages: who was to die second dies when it is made again."""
    eventually(lambda: crasher.armed, "every crash", lambda armed: armed == [])


def item(cloud: Cloud, trip: Trip) -> dict[str, Any]:
    """What unicorn-mgmt knows of the ride."""
    key = {"id": {"S": f"ride#{PARTNER}#{trip.id}"}}
    dynamodb = cloud.client("dynamodb")
    return dict(dynamodb.get_item(TableName="unicorn-mgmt", Key=key, ConsistentRead=True)["Item"])
