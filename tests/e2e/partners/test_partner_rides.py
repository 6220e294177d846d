"""Rides with partner fleets, end to end: booked and driven, refused, tried again, given up and cancelled."""

import itertools
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import modes
from infra.rydes.operator.partner_calls import RECORD
from infra.rydes.operator.times import instant
from infra.rydes.simulators.partners.process import Partners
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.clients import Customer, Json, Queues, key
from tests.support.logs import messages_about, records_about
from tests.support.partner_fleets import IDS, ask, quoted
from tests.support.patience import PATIENCE, eventually
from tests.support.time_travel import booking_is_due, minute_passes
from wild_rydes_circuit_breaker import Mode

BUS = "wild-rydes"
NUMBERS = (f"+1206555{number % 10_000:04d}" for number in itertools.count(uuid.uuid4().int))


def quotes_of(customer: Customer, partner_id: str) -> Json:
    """The result of an RFQ to which this partner has quoted."""

    return eventually(  # its circuit may have to close first
        lambda: ask(customer), f"a quote of {partner_id}", lambda result: partner_id in quoted(result)
    )


def book(customer: Customer, result: Json, partner_id: str) -> str:
    """Book the partner's quote; the ride's URL."""
    answer = customer.http.post(result["links"]["bookings"], json={"quote-id": partner_id}, headers=key())
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def became(customer: Customer, ride: str, *wanted: str) -> Json:
    def look() -> Json:
        shown: Json = customer.http.get(ride).raise_for_status().json()
        return shown

    return eventually(
        look, f"ride {ride.rpartition('/')[2]} {' or '.join(wanted)}", lambda shown: shown["status"] in wanted
    )


def wait_for_partner(partners: Partners, partner_id: str, ride_id: str, state: str) -> None:
    eventually(
        lambda: partners.rides(partner_id).get(ride_id),
        f"{ride_id} {state} at {partner_id}",
        lambda found: found == state,
    )


def wait_for_calls(partners: Partners, partner_id: str, more_than: int) -> None:
    eventually(lambda: partners.served(partner_id), f"{partner_id} called", lambda served: served > more_than)


class RideBooking:
    """Speaks on the bus as ride-booking would, with a deadline of the test's own."""

    def __init__(self, cloud: Cloud, partner_id: str) -> None:
        self._events = cloud.client("events")
        self.partner_id = partner_id
        self.rfq_id = str(uuid.uuid4())
        self.ride_id = f"{self.rfq_id}.1"
        self._about = {"ride_id": self.ride_id, "rfq_id": self.rfq_id, "responder_id": partner_id}

    def accept(self, seconds: float = 3600) -> datetime:
        """The quote is accepted; in so many seconds, at the instant that is given back, it is too late to confirm."""
        price = {"amount": "23.50", "currency": "USD"}
        data = {**self._about, "customer_id": str(uuid.uuid4()), "price": price}
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self._say("QuoteAccepted", data, deadline=deadline.isoformat())
        return deadline

    def fail(self) -> None:
        self._say("RideBookingFailed", {**self._about, "reason": "timeout"})

    def _say(self, name: str, data: Json, **more: str) -> None:
        metadata = {
            "event_id": str(uuid.uuid4()),
            "event_version": 1,
            "occurred_at": datetime.now(UTC).isoformat(),
            "correlation_id": self.rfq_id,
            **more,
        }
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": BUS,
                    "Source": "wildrydes.ride-booking",
                    "DetailType": name,
                    "Detail": json.dumps({"metadata": metadata, "data": data}),
                }
            ]
        )
        assert answer["FailedEntryCount"] == 0


def item(cloud: Cloud, booking: RideBooking) -> dict[str, Any]:
    """What unicorn-mgmt knows of the ride."""
    key = {"id": {"S": f"ride#{booking.partner_id}#{booking.ride_id}"}}
    dynamodb = cloud.client("dynamodb")
    found: dict[str, Any] = dynamodb.get_item(TableName="unicorn-mgmt", Key=key, ConsistentRead=True)
    return dict(found.get("Item", {}))


def wait_for_item(cloud: Cloud, booking: RideBooking, state: str) -> None:
    eventually(
        lambda: item(cloud, booking),
        f"{booking.ride_id} {state}",
        lambda found: found.get("state") == {"S": state},
    )


def wait_for_asked(cloud: Cloud, booking: RideBooking, times: int) -> None:
    """Wait until as many bookings as that have been taken in."""
    eventually(
        lambda: messages_about(cloud, booking.ride_id, "unicorn-mgmt-bookings"),
        f"{times} bookings of {booking.ride_id}",
        lambda messages: messages.count("asked") >= times,
    )


@pytest.mark.parametrize("partner_id", IDS)
def test_a_ride_with_a_partner_from_booking_to_completion(
    customer: Customer, partners: Partners, partner_id: str
) -> None:
    ride = book(customer, quotes_of(customer, partner_id), partner_id)
    done = became(customer, ride, "completed", "rejected")
    assert (done["status"], done["responder-id"]) == ("completed", partner_id)
    assert partners.rides(partner_id)[done["id"]] == "completed"


def test_after_a_ride_with_a_partner_the_customer_is_asked_how_it_was(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    number = next(NUMBERS)
    give_phone(cloud, customer.name, number)
    ride = book(customer, quotes_of(customer, "p-comet"), "p-comet")
    became(customer, ride, "completed")
    eventually(
        Phone(cloud, number).messages,
        "an SMS",
        lambda messages: any("how was your ride?" in sms.text for sms in messages),
    )


@pytest.mark.parametrize("partner_id", IDS)
def test_a_partner_that_does_not_want_to_is_believed(
    customer: Customer, partners: Partners, partner_id: str
) -> None:
    result = quotes_of(customer, partner_id)
    partners.misbehave(partner_id, refuse=1)
    refused = became(customer, book(customer, result, partner_id), "confirmed", "rejected")
    assert (refused["status"], refused["reason"]) == ("rejected", "none-free")


@pytest.mark.parametrize("fault", ["error", "partial", "hang"])
def test_a_partner_that_recovers_in_time_gets_its_ride(
    cloud: Cloud, customer: Customer, partners: Partners, fault: str
) -> None:
    result = quotes_of(customer, "p-pegasus")
    partners.misbehave("p-pegasus", **{fault: 1})
    before = partners.served("p-pegasus")
    ride = book(customer, result, "p-pegasus")
    wait_for_calls(partners, "p-pegasus", before + 1)  # a second try
    partners.misbehave("p-pegasus")
    done = became(customer, ride, "completed", "rejected")
    assert done["status"] == "completed", done


def test_a_booking_that_the_partner_never_answers_times_out_and_another_may_be_made(
    cloud: Cloud, customer: Customer, partners: Partners, queues: Queues
) -> None:
    result = quotes_of(customer, "p-comet")
    partners.misbehave("p-comet", outage_seconds=600)
    before = partners.served("p-comet")
    ride = book(customer, result, "p-comet")
    wait_for_calls(partners, "p-comet", before)
    minute_passes(cloud, result["id"])
    booking_is_due(queues, result["id"])
    failed = became(customer, ride, "confirmed", "rejected")
    assert (failed["status"], failed["reason"]) == ("rejected", "timeout")
    partners.misbehave("p-comet")
    wait_for_partner(partners, "p-comet", failed["id"], "cancelled")
    became(customer, book(customer, result, "p-pegasus"), "completed")


def test_a_booking_that_cannot_succeed_is_rejected_at_once_and_another_may_be_made(
    cloud: Cloud, customer: Customer
) -> None:
    result = quotes_of(customer, "p-comet")
    quotes_of(customer, "p-pegasus")
    modes.put(cloud, "p-comet", modes.order(Mode.FORCED_OPEN, actor="test", reason="they left", lasts="30m"))
    try:
        failed = became(customer, book(customer, result, "p-comet"), "confirmed", "rejected")
    finally:
        modes.put(cloud, "p-comet", modes.order(Mode.AUTO, actor="test", reason="done", lasts=""))
    assert (failed["status"], failed["reason"]) == ("rejected", "partner-unavailable")
    became(customer, book(customer, result, "p-pegasus"), "completed")


def test_a_partner_that_is_down_until_the_deadline_is_not_called_after_it(
    cloud: Cloud, partners: Partners, queues: Queues
) -> None:
    partners.misbehave("p-comet", error=1)
    for seconds in (8, 32, 128):  # a machine that needs all of it for the first call gets more
        booking = RideBooking(cloud, "p-comet")
        deadline = booking.accept(seconds)
        records = eventually(
            lambda id_=booking.rfq_id: records_about(cloud, id_, "unicorn-mgmt-p-comet-rides"),  # type: ignore[misc]
            "the booking left to its deadline",
            lambda records: not LET_BE.isdisjoint(record["message"] for record in records),
        )
        if calls := [record for record in records if record["message"] == RECORD]:
            break
    assert calls
    assert max(_began(call) for call in calls if call["outcome"] == "partner") <= deadline
    eventually(lambda: queues.depth("unicorn-mgmt-p-comet-rides"), "none to call", lambda depth: depth == 0)
    assert records == records_about(cloud, booking.rfq_id, "unicorn-mgmt-p-comet-rides")
    assert item(cloud, booking)["state"]["S"] == "asked"
    booking.fail()
    wait_for_item(cloud, booking, "released")
    partners.misbehave("p-comet")
    wait_for_partner(partners, "p-comet", booking.ride_id, "cancelled")


LET_BE = {"left to the booking's deadline", "dropped: past its deadline"}


def _began(call: Json) -> datetime:
    """When a call was made, to the second."""
    ended = instant(call["timestamp"])
    return ended - timedelta(milliseconds=call["took_ms"]) - timedelta(seconds=1)


@pytest.mark.parametrize("partner_id", IDS)
def test_a_ride_that_is_confirmed_when_nobody_waits_any_more_is_cancelled_at_the_partner(
    cloud: Cloud, partners: Partners, partner_id: str
) -> None:
    partners.misbehave(partner_id, ride_seconds=600)
    booking = RideBooking(cloud, partner_id)
    booking.accept()
    wait_for_item(cloud, booking, "confirmed")
    booking.fail()
    wait_for_partner(partners, partner_id, booking.ride_id, "cancelled")


def test_a_failure_that_comes_first_keeps_the_partner_from_being_asked(
    cloud: Cloud, partners: Partners
) -> None:
    booking = RideBooking(cloud, "p-comet")
    booking.fail()
    wait_for_item(cloud, booking, "released")
    booking.accept()
    wait_for_asked(cloud, booking, 1)
    assert item(cloud, booking)["state"] == {"S": "released"}  # hence nobody is told to ask the partner
    assert booking.ride_id not in partners.rides("p-comet")


def test_news_of_a_ride_are_taken_once_and_acknowledged_each_time(cloud: Cloud, partners: Partners) -> None:
    partners.misbehave("p-comet", ride_seconds=600)
    booking = RideBooking(cloud, "p-comet")
    booking.accept()
    wait_for_item(cloud, booking, "confirmed")

    def tell(token: str) -> int:
        url = f"{cloud.url('partner-api')}/partners/p-comet/answers"
        news = {"ride": booking.ride_id, "status": "COMPLETED"}
        return httpx.post(url, json=news, headers={"X-Webhook-Token": token}, timeout=PATIENCE).status_code

    assert tell("guessed") == 401
    assert item(cloud, booking)["state"] == {"S": "confirmed"}
    genuine = partners.secrets["p-comet"]["webhook_token"]
    assert [tell(genuine) for _ in range(2)] == [202, 202]
    assert item(cloud, booking)["state"] == {"S": "completed"}
    booking.fail()  # of no consequence any more
    assert tell(genuine) == 202


def test_asking_twice_books_once(cloud: Cloud, partners: Partners) -> None:
    partners.misbehave("p-comet", ride_seconds=600)
    booking = RideBooking(cloud, "p-comet")
    booking.accept()
    booking.accept()
    wait_for_item(cloud, booking, "confirmed")
    revision = item(cloud, booking)["revision"]
    booking.accept()
    wait_for_asked(cloud, booking, 3)
    assert item(cloud, booking)["revision"] == revision
