"""Rides with partner fleets, end to end: booked and driven, refused, tried again, given up and cancelled."""

import itertools
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.clients import DEADLINES, Customer, Json, Queues, eventually, metadata
from tests.support.partner_fleets import IDS, ask, quoted

BUS = "wild-rydes"
NUMBERS = (f"+1206555{number % 10_000:04d}" for number in itertools.count(uuid.uuid4().int))


def quotes_of(customer: Customer, partner_id: str) -> Json:
    """The result of an RFQ to which this partner has quoted."""

    def look() -> Json | None:
        result = ask(customer)
        return result if partner_id in quoted(result) else None

    return eventually(look, f"a quote of {partner_id}", 60)  # its circuit may have to close first


def book(customer: Customer, result: Json, partner_id: str) -> str:
    """Book the partner's quote; the ride's URL."""
    answer = customer.http.post(result["links"]["bookings"], json={"quote-id": partner_id})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def became(customer: Customer, ride: str, *wanted: str, seconds: float = 30) -> Json:
    def look() -> Json | None:
        shown: Json = customer.http.get(ride).raise_for_status().json()
        return shown if shown["status"] in wanted else None

    return eventually(look, f"{ride} is {' or '.join(wanted)}", seconds)


class RideBooking:
    """Speaks on the bus as ride-booking would, with a deadline of the test's own."""

    def __init__(self, cloud: Cloud, partner_id: str) -> None:
        self._events = cloud.client("events")
        self.partner_id = partner_id
        self._rfq_id = str(uuid.uuid4())
        self.ride_id = f"{self._rfq_id}.1"
        self._about = {"ride_id": self.ride_id, "rfq_id": self._rfq_id, "responder_id": partner_id}

    def accept(self, seconds: float) -> float:
        """The quote is accepted; in so many seconds, which are given back, it is too late to confirm."""
        price = {"amount": "23.50", "currency": "USD"}
        data = {**self._about, "customer_id": str(uuid.uuid4()), "price": price}
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self._say("QuoteAccepted", data, deadline=deadline.isoformat())
        return seconds

    def fail(self) -> None:
        self._say("RideBookingFailed", {**self._about, "reason": "timeout"})

    def _say(self, name: str, data: Json, **more: str) -> None:
        metadata = {
            "event_id": str(uuid.uuid4()),
            "event_version": 1,
            "occurred_at": datetime.now(UTC).isoformat(),
            "correlation_id": self._rfq_id,
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
    phone = Phone(cloud, number)
    eventually(
        lambda: [sms for sms in phone.messages() if "how was your ride?" in sms.text] or None, "an SMS"
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
    eventually(lambda: partners.served("p-pegasus") > before + 1 or None, "a second try")
    partners.misbehave("p-pegasus")
    done = became(customer, ride, "completed", "rejected", seconds=60)
    assert done["status"] == "completed", done


def test_a_booking_that_the_partner_never_answers_times_out_and_another_may_be_made(
    cloud: Cloud, customer: Customer, partners: Partners, queues: Queues
) -> None:
    result = quotes_of(customer, "p-comet")
    partners.misbehave("p-comet", outage_seconds=600)
    before = partners.served("p-comet")
    ride = book(customer, result, "p-comet")
    eventually(lambda: partners.served("p-comet") > before or None, "the partner called")
    cloud.client("dynamodb").update_item(  # a minute goes by
        TableName="ride-booking",
        Key={"id": {"S": result["id"]}},
        UpdateExpression="SET rides[0].b = rides[0].b - :minute, revision = revision + :one",
        ExpressionAttributeValues={":minute": {"N": "61000"}, ":one": {"N": "1"}},
    )
    due = {"metadata": metadata(result["id"]), "data": {"rfq_id": result["id"], "ride": 1}}
    queues.send(DEADLINES, json.dumps(due))
    failed = became(customer, ride, "confirmed", "rejected")
    assert (failed["status"], failed["reason"]) == ("rejected", "timeout")
    partners.misbehave("p-comet")
    eventually(lambda: partners.rides("p-comet").get(failed["id"]) == "cancelled" or None, "cancelled", 90)
    became(customer, book(customer, result, "p-pegasus"), "completed")


def test_a_partner_that_is_down_until_the_deadline_is_not_called_after_it(
    cloud: Cloud, partners: Partners
) -> None:
    partners.misbehave("p-comet", error=1)
    booking = RideBooking(cloud, "p-comet")
    deadline = time.monotonic() + booking.accept(seconds=5)
    eventually(lambda: partners.served("p-comet") or None, "the partner called")
    time.sleep(max(0.0, deadline - time.monotonic()) + 1)
    served = partners.served("p-comet")
    time.sleep(3)
    assert partners.served("p-comet") == served
    assert item(cloud, booking)["state"]["S"] == "asked"
    booking.fail()
    eventually(lambda: item(cloud, booking)["state"]["S"] == "released" or None, "let go")
    partners.misbehave("p-comet")
    eventually(lambda: partners.rides("p-comet").get(booking.ride_id) == "cancelled" or None, "cancelled", 60)


@pytest.mark.parametrize("partner_id", IDS)
def test_a_ride_that_is_confirmed_when_nobody_waits_any_more_is_cancelled_at_the_partner(
    cloud: Cloud, partners: Partners, partner_id: str
) -> None:
    partners.misbehave(partner_id, ride_seconds=600)
    booking = RideBooking(cloud, partner_id)
    booking.accept(seconds=30)
    eventually(lambda: item(cloud, booking).get("state") == {"S": "confirmed"} or None, "confirmed", 60)
    booking.fail()
    eventually(lambda: partners.rides(partner_id)[booking.ride_id] == "cancelled" or None, "cancelled", 60)


def test_a_failure_that_comes_first_keeps_the_partner_from_being_asked(
    cloud: Cloud, partners: Partners
) -> None:
    booking = RideBooking(cloud, "p-comet")
    booking.fail()
    eventually(lambda: item(cloud, booking).get("state"), "the failure noted")
    booking.accept(seconds=30)
    time.sleep(3)
    assert booking.ride_id not in partners.rides("p-comet")


def test_news_of_a_ride_are_taken_once_and_acknowledged_each_time(cloud: Cloud, partners: Partners) -> None:
    partners.misbehave("p-comet", ride_seconds=600)
    booking = RideBooking(cloud, "p-comet")
    booking.accept(seconds=30)
    eventually(lambda: item(cloud, booking).get("state") == {"S": "confirmed"} or None, "confirmed", 60)

    def tell(token: str) -> int:
        url = f"{cloud.url('partner-api')}/partners/p-comet/answers"
        news = {"ride": booking.ride_id, "status": "COMPLETED"}
        return httpx.post(url, json=news, headers={"X-Webhook-Token": token}, timeout=30).status_code

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
    booking.accept(seconds=30)
    booking.accept(seconds=30)
    eventually(lambda: item(cloud, booking).get("state") == {"S": "confirmed"} or None, "confirmed", 60)
    revision = item(cloud, booking)["revision"]
    booking.accept(seconds=30)
    time.sleep(2)
    assert item(cloud, booking)["revision"] == revision
