"""A worker dies by kill -9 between each two steps of a booking, before each of its writes and messages and after it.

Each ride has one crash of its own; some are under way at a time, since the message of a killed worker is back only after
nine seconds. No ride is lost, and each step takes effect once. Queues hand over messages one by one, so that a crash delays
its own ride alone; streams do not.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener
from tests.support.clients import Fleet, Json, Queues
from tests.support.crasher import PUSH, Crash, Crasher
from tests.support.patience import eventually
from tests.support.time_travel import booking_is_due, minute_passes
from tests.support.trips import End, Trip, in_time

AT_ONCE = 4
"""A crash that stops the streams stops those of all rides, and none has more than a minute to be confirmed."""

FUNCTIONS = (
    *(f"ride-booking-{role}" for role in ("api", "outbox", "rides", "closer")),
    *(f"unicorn-mgmt-{role}" for role in ("api", "bookings", "outbox")),
)
CONSUMERS = ("ride-booking-rides", "ride-booking-closer", "unicorn-mgmt-bookings")
DEAD_LETTERS_OF = (
    *("ride-booking-rides", "ride-booking-deadlines", "ride-booking-outbox"),
    *("unicorn-mgmt-bookings-inbox", "unicorn-mgmt-outbox"),
)

CONFIRMED = ("QuoteAccepted", "RideConfirmed", "RideBooked")
# Changes of the RFQ: booked, confirmed, ended. Of the unicorn: it takes the ride, it ends it or is to forget it.
COMPLETED = End("completed", None, (*CONFIRMED, "RideCompleted"), (3, 2))
CANCELLED = End("rejected", "cancelled-by-unicorn", (*CONFIRMED, "RideRejected", "RideBookingFailed"), (3, 2))
REJECTED = End("rejected", "unicorn-gone", ("QuoteAccepted", "RideRejected", "RideBookingFailed"), (2, 1))
TIMED_OUT = End("rejected", "timeout", ("QuoteAccepted", "RideConfirmed", "RideBookingFailed"), (2, 2))

Call = tuple[str, str, str]
"""Function, operation, and what the call is about. Reads are left out: to die before or after one is to die before the write."""

BOOKING: tuple[Call, ...] = (
    ("ride-booking-api", "UpdateItem", '"pending"'),
    ("ride-booking-outbox", "SendMessageBatch", ""),
    ("ride-booking-outbox", "PutEvents", "QuoteAccepted"),
    ("unicorn-mgmt-bookings", "UpdateItem", '"riding"'),
    ("unicorn-mgmt-outbox", "PutEvents", "RideConfirmed"),
    ("unicorn-mgmt-outbox", PUSH, ""),
    ("ride-booking-rides", "UpdateItem", '"confirmed"'),
    ("ride-booking-outbox", "PutEvents", "RideBooked"),
)
COMPLETION: tuple[Call, ...] = (
    ("unicorn-mgmt-api", "UpdateItem", '"free"'),
    ("unicorn-mgmt-outbox", "PutEvents", "RideCompleted"),
    ("ride-booking-rides", "UpdateItem", '"completed"'),
)
CANCELLATION: tuple[Call, ...] = (
    ("unicorn-mgmt-outbox", "PutEvents", "RideRejected"),
    ("ride-booking-rides", "UpdateItem", '"cancelled-by-unicorn"'),
    ("ride-booking-outbox", "PutEvents", "RideBookingFailed"),
)
REJECTION: tuple[Call, ...] = (
    ("unicorn-mgmt-bookings", "PutItem", "decision#"),
    ("unicorn-mgmt-outbox", "PutEvents", "RideRejected"),
    ("ride-booking-rides", "UpdateItem", '"unicorn-gone"'),
    ("ride-booking-outbox", "PutEvents", "RideBookingFailed"),
    ("unicorn-mgmt-bookings", "UpdateItem", '"released"'),
)
TIME_OUT: tuple[Call, ...] = (
    ("ride-booking-closer", "UpdateItem", '"timeout"'),
    ("ride-booking-outbox", "PutEvents", "RideBookingFailed"),
    ("unicorn-mgmt-bookings", "UpdateItem", '"released"'),
)
READ_OUT_OF_TIME: tuple[Call, ...] = (("ride-booking-api", "UpdateItem", '"timeout"'),)
"""A customer who looks ends the ride, when its timer is late."""


def crashes(calls: tuple[Call, ...]) -> list[Crash]:
    """One before each call and one after it; after a call is also before the next of the same invocation."""
    found = []
    for before, call in zip((None, *calls), calls, strict=False):
        if before is None or before[0] != call[0]:
            found.append(Crash(*call))
        found.append(Crash(*call, carried_out=True))
    return found


@pytest.fixture
def crasher(cloud: Cloud) -> Iterator[Crasher]:
    crasher = Crasher(cloud)
    functions = cloud.client("lambda")
    mappings = [mapping_of(cloud, function) for function in CONSUMERS]
    for mapping in mappings:
        one_by_one = {"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 2}}
        functions.update_event_source_mapping(UUID=mapping["UUID"], **one_by_one)
    with crasher.between(functions, FUNCTIONS):
        yield crasher
    for mapping in mappings:
        as_before = {key: mapping[key] for key in ("BatchSize", "ScalingConfig")}
        functions.update_event_source_mapping(UUID=mapping["UUID"], **as_before)


def mapping_of(cloud: Cloud, function: str) -> Json:
    """The one event source mapping of a function."""
    found = cloud.client("lambda").list_event_source_mappings(FunctionName=function)
    [mapping] = found["EventSourceMappings"]
    return dict(mapping)


def nothing_parked(queues: Queues, trips: list[Trip]) -> None:
    for queue in DEAD_LETTERS_OF:
        parked = [message["Body"] for message in queues.dead_letters(queue)]
        assert not [t.crash for t in trips if any(t.rfq_id in body for body in parked)], queue


def test_a_crash_between_any_two_steps_of_a_ride(
    cloud: Cloud, fleet: Fleet, crasher: Crasher, listener: Listener, queues: Queues
) -> None:
    def travel(to: tuple[Crash, End]) -> Trip:
        crash, end = to
        trip = Trip(cloud, fleet, crash)
        if end is REJECTED:
            trip.unicorn_leaves()
        trip.arm(crasher)
        trip.book()
        if end is not REJECTED:
            trip.wait("confirmed")
            trip.finish("completion" if end is COMPLETED else "cancellation")
        trip.check(end, listener)
        return trip

    plans = (
        (COMPLETED, crashes(BOOKING) + crashes(COMPLETION)),
        (CANCELLED, crashes(CANCELLATION)),
        (REJECTED, crashes(REJECTION)),
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        trips = list(pool.map(in_time(travel), [(crash, end) for end, some in plans for crash in some]))
    assert crasher.armed == [], "every crash has come to pass"
    nothing_parked(queues, trips)


@pytest.fixture
def hears(cloud: Cloud) -> Iterator[Callable[[bool], None]]:
    """Whether ride-booking hears of rides; its queue keeps what comes meanwhile."""
    mapping = mapping_of(cloud, "ride-booking-rides")["UUID"]

    def switch(yes: bool) -> None:
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=yes)

    yield switch
    switch(True)


def test_a_crash_between_any_two_steps_of_a_time_out(  # noqa: PLR0917 - fixtures
    cloud: Cloud,
    fleet: Fleet,
    crasher: Crasher,
    listener: Listener,
    queues: Queues,
    hears: Callable[[bool], None],
) -> None:
    def travel(crash: Crash) -> Trip:
        trip = Trip(cloud, fleet, crash)
        trip.arm(crasher)
        trip.book()
        trip.wait_for_its_unicorn(listener)
        minute_passes(cloud, trip.rfq_id)
        if crash.function != "ride-booking-api":
            booking_is_due(queues, trip.rfq_id)
            trip.wait_told(listener, *TIMED_OUT.events)  # before anybody looks, who would end it himself
        trip.check(TIMED_OUT, listener, changed_by_us=1)
        return trip

    hears(False)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        trips = list(pool.map(in_time(travel), crashes(TIME_OUT) + crashes(READ_OUT_OF_TIME)))
    assert crasher.armed == [], "every crash has come to pass"
    hears(True)
    eventually(
        lambda: queues.depth("ride-booking-rides"), "late confirmations are heard", lambda depth: depth == 0
    )
    for trip in trips:
        trip.check(TIMED_OUT, listener, changed_by_us=1)
    nothing_parked(queues, trips)
