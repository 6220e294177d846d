"""The consumer of a partner's queue for rides: breaker, table, queues and secret in an account, the partner a real
server."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.rydes.simulators.partners.faults import Faults
from infra.rydes.simulators.partners.server import Server
from tests.support import aws
from tests.support.patience import PATIENCE, eventually
from tests.support.unicorn_mgmt.partner_samples import (
    CALLING_BACK,
    PARTNERS,
    SECRETS,
    TERMS,
    known_by,
    secret,
)
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, TABLE, World
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.line import line_to
from unicorn_mgmt.domain.partner_announcements import events_of, orders_of
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import PartnerRide, asked
from unicorn_mgmt.use_cases.owed_callbacks import Expectations
from unicorn_mgmt.use_cases.partner_rides import CANCELLED_WITHIN, PartnerBookings
from wild_rydes_circuit_breaker import DynamoDbStore, Mode, Override, State, set_mode
from wild_rydes_messaging.consume import Consumer

DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
RIDE = "rfq-1.1"


class Desk:
    """Workers of one partner's consumer for rides, and the table in which rides are."""

    def __init__(self, world: World, server: Server, partner_id: str = "p-comet") -> None:
        self.world, self.server, self.partner = world, server, PARTNERS[partner_id]
        world.now = datetime.now(UTC)
        self.secrets = aws.client("secretsmanager")
        self.secrets.create_secret(Name=partner_id, SecretString=secret(partner_id, server.url))
        self.server.behaviour.rides.seconds = 600
        self.slept: list[float] = []

    def worker(
        self, *, timeout: float = PATIENCE, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> PartnerBookings:
        world, partner = self.world, self.partner
        line = line_to(
            replace(partner, timeout=timeout, breaker={}),
            dynamodb=world.dynamodb,
            table_name=TABLE,
            secretsmanager=self.secrets,
            secret_id=partner.id,
            logger=world.logger,
            now=now,
        )
        return PartnerBookings(
            client_of(partner),
            line,
            world.partner_rides,
            expectations=Expectations(line, CallbackChecks(world.sqs, world.checks), now),
            consumer=Consumer(
                RideOrder,
                sqs=world.sqs,
                parking_lot=world.parking_lot,
                logger=world.logger,
                metrics=world.metrics,
                max_attempts=MAX_ATTEMPTS,
                patience=CANCELLED_WITHIN,
                uniform=max,
            ),
            callback_url="http://127.0.0.1:1/",
            logger=world.logger,
            now=now,
            uniform=self.draw,
        )

    def draw(self, _: float, high: float) -> float:
        self.slept.append(high)
        return high

    def ask(self, deadline: datetime | None = None) -> str:
        """A ride is wanted, until a deadline in an hour; the body of the order."""
        deadline = deadline or datetime.now(UTC) + timedelta(hours=1)
        ride = asked(RIDE, self.partner.id, TERMS, deadline, datetime.now(UTC))
        self.world.partner_rides.change(ride.partner_id, ride.id, lambda known: known or ride)
        [order] = orders_of(None, ride)
        return order.to_json()

    def release(self) -> str:
        """It is wanted no longer; the body of the order."""
        change = self.world.partner_rides.change(
            self.partner.id, RIDE, lambda ride: ride.release(datetime.now(UTC)) if ride else None
        )
        assert change.after
        [order] = orders_of(change.before, change.after)
        return order.to_json()

    def handle(
        self, worker: PartnerBookings, body: str, attempt: int = 1, waited: timedelta = timedelta()
    ) -> bool:
        """Whether the order is done with: it does not come back."""
        return worker.handle(self.world.deliver(body, attempt=attempt, tried_for=waited)) == DONE

    @property
    def ride(self) -> PartnerRide:
        found = self.world.partner_rides.change(self.partner.id, RIDE, lambda ride: ride).after
        assert found
        return found

    def records(self) -> list[dict[str, Any]]:
        return [line for line in self.world.logs if line["message"] == "partner called"]


@pytest.fixture(params=PARTNERS)
def desk(request: pytest.FixtureRequest, world: World, servers: dict[str, Server]) -> Desk:
    return Desk(world, servers[request.param], request.param)


@pytest.fixture
def comet(world: World, servers: dict[str, Server]) -> Desk:
    return Desk(world, servers["p-comet"])


def test_a_booking_is_made_at_the_partner_and_noted(desk: Desk) -> None:
    assert desk.handle(desk.worker(), desk.ask())
    later = desk.partner.id in CALLING_BACK
    assert desk.ride.state == ("asked" if later else "confirmed")
    [record] = desk.records()
    assert (record["operation"], record["outcome"]) == ("book", "accepted" if later else "confirmed")
    assert record["correlation_id"] == "rfq-1"


def test_a_refusal_is_noted_with_its_reason(comet: Desk) -> None:
    comet.server.misbehaviour.set(Faults(refuse=1))
    assert comet.handle(comet.worker(), comet.ask())
    assert (comet.ride.state, comet.ride.reason) == ("refused", "none-free")
    assert comet.records()[-1]["outcome"] == "refused"


def test_an_order_that_comes_twice_books_once(desk: Desk) -> None:
    body = desk.ask()
    assert desk.handle(desk.worker(), body)
    before = desk.ride
    assert desk.handle(desk.worker(), body)
    assert desk.ride == before
    eventually(desk.server.behaviour.rides.states, "confirmed", lambda states: states == {RIDE: "confirmed"})


def test_a_crash_between_the_partners_yes_and_our_note_loses_nothing(comet: Desk) -> None:
    body = comet.ask()
    comet.server.misbehaviour.set(Faults(partial=1))  # the partner has booked, but we never hear of it
    assert not comet.handle(comet.worker(), body)
    assert (comet.ride.state, comet.server.behaviour.rides.states()) == ("asked", {RIDE: "confirmed"})
    comet.server.misbehaviour.set(Faults())
    assert comet.handle(comet.worker(), body, attempt=2)
    assert comet.ride.state == "confirmed"


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["error", "garbage", "partial", "throttle"])
def test_neither_yes_nor_no_is_tried_again(desk: Desk, fault: str) -> None:
    desk.server.misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    assert not desk.handle(desk.worker(), desk.ask())
    assert desk.ride.state == "asked"
    assert desk.world.parked() == []


def test_the_wait_doubles_and_is_capped_and_what_the_partner_asks_for_comes_on_top(comet: Desk) -> None:
    comet.server.misbehaviour.set(Faults(error=1))
    body = comet.ask()
    for attempt in (1, 2, 3, 9):
        assert not comet.handle(comet.worker(), body, attempt=attempt)
    assert comet.slept == [1, 2, 4, 8]
    comet.server.misbehaviour.set(Faults(throttle=1, retry_after=7200))  # longer than the customer waits
    assert comet.handle(comet.worker(), body)
    assert comet.world.logs[-1]["message"] == "left to the booking's deadline"
    assert comet.ride.state == "asked"  # it may have been booked by one of the calls before


def force_open(desk: Desk, *, until: datetime | None = None) -> None:
    now = datetime.now(UTC)
    override = Override(Mode.FORCED_OPEN, "astrid", "contract ended", until.timestamp() if until else None)
    set_mode(DynamoDbStore(desk.world.dynamodb, TABLE), desk.partner.id, override, now=now.timestamp())


def in_an_hour(desk: Desk) -> None:
    force_open(desk, until=datetime.now(UTC) + timedelta(hours=2))


def misbehaving(**faults: float) -> Callable[[Desk], None]:
    return lambda desk: desk.server.misbehaviour.set(Faults(**faults))  # type: ignore[arg-type]


def with_an_old_secret(desk: Desk) -> None:
    text = secret(desk.partner.id, desk.server.url, **{known_by(desk.partner.id): "old"})
    desk.secrets.put_secret_value(SecretId=desk.partner.id, SecretString=text)


def without_a_secret(desk: Desk) -> None:
    desk.secrets.put_secret_value(SecretId=desk.partner.id, SecretString="{}")


HOPELESS: dict[str, Callable[[Desk], None]] = {
    "its circuit is forced open for longer than the customer waits": in_an_hour,
    "its circuit is forced open until somebody lifts that": force_open,
    "it wants no calls for longer than the customer waits": misbehaving(throttle=1, retry_after=3600),
    "it refuses our credentials": with_an_old_secret,
    "we have no credentials": without_a_secret,
}


@pytest.mark.slow
@pytest.mark.parametrize("why", HOPELESS)
def test_a_booking_that_cannot_succeed_in_time_is_refused_at_once(desk: Desk, why: str) -> None:
    body, before = desk.ask(datetime.now(UTC) + timedelta(seconds=60)), desk.ride
    HOPELESS[why](desk)
    assert desk.handle(desk.worker(), body)
    assert (desk.ride.state, desk.ride.reason, desk.ride.cancels) == ("refused", "partner-unavailable", 1)
    [told] = events_of(before, desk.ride)
    assert (told.data.name, told.data.reason) == ("RideRejected", "partner-unavailable")  # type: ignore[attr-defined]
    assert [order.data.what for order in orders_of(before, desk.ride)] == ["cancel"]
    assert desk.server.behaviour.rides.states() == {}


@pytest.mark.slow
@pytest.mark.parametrize("why", HOPELESS)
@pytest.mark.parametrize("fault", ["partial", "error"])
def test_a_booking_that_the_partner_may_have_is_not_refused(comet: Desk, why: str, fault: str) -> None:
    body = comet.ask(datetime.now(UTC) + timedelta(seconds=60))
    comet.server.misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    comet.handle(comet.worker(), body)
    comet.server.misbehaviour.set(Faults())
    HOPELESS[why](comet)
    comet.handle(comet.worker(), body)  # the same order, sent twice: as far as it knows, for the first time
    assert (comet.ride.state, comet.ride.doubtful) == ("asked", True)


@pytest.mark.parametrize("why", HOPELESS)
def test_after_a_delivery_of_which_nothing_is_known_a_booking_is_not_refused(comet: Desk, why: str) -> None:
    body = comet.ask(datetime.now(UTC) + timedelta(seconds=60))
    HOPELESS[why](comet)
    comet.handle(comet.worker(), body, attempt=2)
    assert comet.ride.state == "asked"


def test_a_partner_that_calls_back_may_have_the_ride_until_it_does(
    world: World, servers: dict[str, Server]
) -> None:
    nimbus = Desk(world, servers["p-nimbus"], "p-nimbus")
    body = nimbus.ask(datetime.now(UTC) + timedelta(seconds=60))
    assert nimbus.handle(nimbus.worker(), body)
    force_open(nimbus)
    nimbus.handle(nimbus.worker(), body)  # the same order, sent twice
    assert (nimbus.ride.state, nimbus.ride.doubtful) == ("asked", True)


@pytest.mark.slow
def test_a_ride_that_was_refused_at_once_and_booked_all_the_same_is_cancelled(comet: Desk) -> None:
    """An order that was sent twice: one is refused while the other's call is under way, whose answer is lost."""
    body = comet.ask(datetime.now(UTC) + timedelta(seconds=60))
    force_open(comet)
    assert comet.handle(comet.worker(), body)
    set_mode(
        DynamoDbStore(comet.world.dynamodb, TABLE),
        comet.partner.id,
        Override(Mode.METRICS_ONLY, "astrid", "back"),
        now=datetime.now(UTC).timestamp(),
    )
    comet.server.misbehaviour.set(Faults(partial=1))
    before = comet.ride
    comet.handle(comet.worker(), body)
    assert (before.cancels, comet.ride.cancels, comet.ride.state) == (1, 2, "refused")
    [order] = orders_of(before, comet.ride)
    comet.handle(comet.worker(), body)
    assert comet.ride.cancels == 2  # once more is enough
    comet.server.misbehaviour.set(Faults())
    assert comet.handle(comet.worker(), order.to_json())
    assert comet.server.behaviour.rides.states() == {RIDE: "cancelled"}


def test_new_credentials_are_tried_before_a_booking_is_refused(comet: Desk) -> None:
    with_an_old_secret(comet)
    worker = comet.worker()
    worker.line._secrets.get(comet.partner.id)  # it has read the old one
    text = secret(comet.partner.id, comet.server.url)
    comet.secrets.put_secret_value(SecretId=comet.partner.id, SecretString=text)
    assert comet.handle(worker, comet.ask())
    assert comet.ride.state == "confirmed"
    assert [record["outcome"] for record in comet.records()] == ["ours", "confirmed"]


def test_a_booking_that_a_partner_takes_note_of_is_looked_at(desk: Desk) -> None:
    assert desk.handle(desk.worker(), desk.ask())
    found = desk.world.sqs.get_queue_attributes(QueueUrl=desk.world.checks, AttributeNames=["All"])
    owed = desk.partner.id in CALLING_BACK
    assert found["Attributes"]["ApproximateNumberOfMessagesDelayed"] == str(int(owed))


def test_while_the_circuit_may_close_in_time_a_booking_waits(comet: Desk) -> None:
    force_open(comet, until=datetime.now(UTC) + timedelta(seconds=10))
    assert not comet.handle(comet.worker(), comet.ask(datetime.now(UTC) + timedelta(seconds=60)))
    assert comet.ride.state == "asked"


def test_however_often_it_was_tried_a_booking_is_never_parked(comet: Desk) -> None:
    comet.server.misbehaviour.set(Faults(error=1))
    assert not comet.handle(comet.worker(), comet.ask(), attempt=MAX_ATTEMPTS + 5)
    assert comet.world.parked() == []


def test_after_the_deadline_there_is_no_call(desk: Desk) -> None:
    assert desk.handle(desk.worker(), desk.ask(datetime.now(UTC) - timedelta(seconds=1)))
    assert desk.server.served == 0
    assert desk.ride.state == "asked"


@pytest.mark.slow
def test_a_call_never_outlives_the_deadline_and_the_partner_is_not_blamed(comet: Desk) -> None:
    comet.server.misbehaviour.set(Faults(hang=1))
    deadline = datetime.now(UTC) + timedelta(hours=1)
    almost = comet.worker(timeout=60, now=lambda: deadline - timedelta(seconds=0.4))
    assert comet.handle(almost, comet.ask(deadline))  # left to the deadline
    assert comet.records()[-1]["outcome"] == "ours"
    assert DynamoDbStore(comet.world.dynamodb, TABLE).read("p-comet").row is None


def test_while_the_circuit_is_open_nobody_is_called(desk: Desk) -> None:
    force_open(desk)
    desk.handle(desk.worker(), desk.ask())
    assert desk.server.served == 0
    assert desk.records()[-1]["outcome"] == "circuit-open"


def test_bookings_that_fail_open_the_same_circuit(comet: Desk) -> None:
    comet.server.misbehaviour.set(Faults(outage_seconds=600, latency_ms=1))
    store, workers, body = (
        DynamoDbStore(comet.world.dynamodb, TABLE),
        [comet.worker(), comet.worker()],
        comet.ask(),
    )
    for i in range(40):
        comet.handle(workers[i % 2], body)
        if store.read("p-comet").opens:
            break
    assert store.read("p-comet").state is State.OPEN


def test_a_cancellation_reaches_the_partner_and_repeats_do_no_harm(desk: Desk) -> None:
    assert desk.handle(desk.worker(), desk.ask())
    eventually(desk.server.behaviour.rides.states, "booked", lambda states: RIDE in states)
    body = desk.release()
    assert desk.handle(desk.worker(), body)
    assert desk.handle(desk.worker(), body)
    assert desk.server.behaviour.rides.states() == {RIDE: "cancelled"}
    assert desk.ride.state == "released"
    assert desk.records()[-1]["outcome"] == "cancelled"


def test_what_is_cancelled_first_is_never_booked(comet: Desk) -> None:
    book, cancel = comet.ask(), comet.release()
    assert comet.handle(comet.worker(), cancel)
    assert comet.handle(comet.worker(), book)
    assert comet.server.behaviour.rides.states() == {RIDE: "cancelled"}
    assert comet.ride.state == "released"


@pytest.mark.slow
def test_a_cancellation_that_fails_returns_and_is_parked_in_the_end(desk: Desk) -> None:
    desk.ask()
    body = desk.release()
    desk.server.misbehaviour.set(Faults(error=1))
    assert not desk.handle(desk.worker(), body, attempt=10 * MAX_ATTEMPTS)
    assert desk.handle(desk.worker(), body, waited=CANCELLED_WITHIN)
    [parked] = desk.world.parked()
    assert parked["error"] in ("CallFailed", "CircuitOpen")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["nothing", "error", "signature", "refuse"])
def test_secrets_and_customers_are_never_logged(
    desk: Desk, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    if fault != "nothing":
        desk.server.misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    desk.handle(desk.worker(), desk.ask())
    desk.handle(desk.worker(), desk.release() if desk.ride.state != "refused" else desk.ask())
    written = desk.world.stream.getvalue() + "".join(capsys.readouterr())
    assert "partner called" in written
    assert [
        text
        for text in (*SECRETS[desk.partner.id].values(), "customer-1", "12.50", "Bearer")
        if text in written
    ] == []
