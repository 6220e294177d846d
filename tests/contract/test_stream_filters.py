"""The stacks and the services agree on which changes of a table matter: infra repeats key prefixes and states.

The services' functions run on the tables of their stacks. Whatever makes a stream's consumer act must pass its
filter, and what happens all the time must not.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from moto import mock_aws

from infra.assembly import Assembly
from infra.proof.ruler import EventPattern
from infra.stacks.settlement_decisions import OUTCOMES
from infra.stacks.settlement_documents import DOCUMENT_CHANGES
from infra.stacks.unicorn_mgmt import ANNOUNCED_CHANGES
from infra.stacks.unicorn_mgmt_jobs import JOB_CHANGES
from infra.stacks.unicorn_mgmt_partners import CALLBACK, CIRCUIT, RIDE
from settlement.adapters import document_table
from settlement.domain.document import ENDS
from tests.support.deployed import PHONE, Deployed, batch, on_the_bus
from tests.support.requests import claims, request
from tests.support.unicorn_mgmt.world import VEHICLE_TABLE, vehicle
from unicorn_mgmt.adapters import callback_table, job_table, partner_ride_table
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.job_turn import turn_due
from wild_rydes_circuit_breaker import DynamoDbStore, Mode, Override, set_mode
from wild_rydes_circuit_breaker.dynamodb import KEY_PREFIX
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    FeedbackReceived,
    Money,
    Quote,
    QuoteAccepted,
    Rating,
    ResponderCounts,
    RfqCompleted,
    RfqRequested,
    RfqResponse,
    RideBookingFailed,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.metadata import first_of
from wild_rydes_http.machine_key import MachineKey

HERE, THERE = {"lat": 47.62, "lon": -122.35}, {"lat": 47.44, "lon": -122.3}
PRICE = Money(amount=Decimal("12.50"), currency="USD")
QUOTED = ("u-a", "u-b", "u-c", "u-d")


def now() -> datetime:
    return datetime.now(UTC)


def later() -> datetime:
    return now() + timedelta(days=1)


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    with mock_aws():
        yield


class Rfq:
    """ride-booking, and one RFQ in it that somebody watches."""

    def __init__(self, local: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service = Deployed(local, "ride-booking", monkeypatch)
        body = {"from": HERE, "to": THERE}
        asked = self.service.invoke("api", self.service.call("POST", "/instant-ride-rfqs", body))
        self.id = json.loads(asked["body"])["id"]
        context = {
            "eventType": "MESSAGE",
            "connectionId": "c-1",
            "authorizer": {"sub": "sub-1", "expires": str(int(later().timestamp()))},
        }
        subscription = {"action": "subscribe", "rfq-id": self.id}
        seen = self.service.after("socket", {"requestContext": context, "body": json.dumps(subscription)})
        # A slot among the customer's open RFQs, the RFQ, and the subscription.
        assert seen == {
            "outbox": ["nothing", "acted", "nothing"],
            "notifier": ["nothing", "nothing", "in vain"],
        }

    def answered(self, *responders: str) -> dict[str, list[str]]:
        """Responders answer."""
        quotes = [Quote(responder_id=id_, price=PRICE, pickup_in_seconds=60) for id_ in responders]
        response = RfqResponse(asked=QUOTED, answers=tuple(quotes))
        metadata = first_of(RfqResponse, correlation_id=self.id, occurred_at=now())
        return self.service.after("aggregator", batch(Envelope(metadata=metadata, data=response).to_json()))

    def booked(self, responder: str) -> dict[str, list[str]]:
        """The customer books a quote."""
        path = f"/instant-ride-rfqs/{self.id}/bookings"
        return self.service.after("api", self.service.call("POST", path, {"quote-id": responder}))

    def heard(
        self, news: type[RideConfirmed | RideRejected | RideCompleted], number: int, **more: Any
    ) -> dict[str, list[str]]:
        """News of the RFQ's ride of this number."""
        about = {"ride_id": f"{self.id}.{number}", "rfq_id": self.id, "responder_id": QUOTED[number - 1]}
        return self.service.after(
            "rides", on_the_bus(news.model_validate({**about, **more}), self.id, occurred_at=now())
        )


ANNOUNCED = {"outbox": ["acted"], "notifier": ["acted"]}
SHOWN = {"outbox": ["nothing"], "notifier": ["acted"]}
"""Changes that customers see and nobody else hears of."""


def test_ride_booking_announces_rfqs_and_every_step_of_their_rides(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    rfq = Rfq(local, monkeypatch)
    assert rfq.answered("u-a", "u-b") == SHOWN
    assert rfq.answered("u-c", "u-d") == ANNOUNCED  # it is completed
    assert rfq.booked("u-a") == ANNOUNCED
    assert rfq.heard(RideRejected, 1, reason="busy") == ANNOUNCED
    assert rfq.booked("u-b") == ANNOUNCED
    assert rfq.heard(RideConfirmed, 2) == ANNOUNCED
    assert rfq.heard(RideRejected, 2, reason="cancelled-by-unicorn") == ANNOUNCED
    assert rfq.booked("u-c") == ANNOUNCED
    assert rfq.heard(RideConfirmed, 3) == ANNOUNCED
    assert rfq.heard(RideCompleted, 3, customer_id="sub-1", completed_at=now()) == SHOWN


def test_ride_booking_announces_a_ride_whose_end_is_heard_of_first(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    rfq = Rfq(local, monkeypatch)
    rfq.answered(*QUOTED)
    assert rfq.booked("u-a") == ANNOUNCED
    assert rfq.heard(RideCompleted, 1, customer_id="sub-1", completed_at=now()) == ANNOUNCED


def test_ride_booking_announces_that_an_rfq_is_cancelled(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    rfq = Rfq(local, monkeypatch)
    cancellation = rfq.service.call("DELETE", f"/instant-ride-rfqs/{rfq.id}")
    assert rfq.service.after("api", cancellation) == ANNOUNCED


def told(seen: dict[str, list[str]]) -> list[str]:
    """What the outbox has made of changes that are none of jobs."""
    assert set(seen["jobs-outbox"]) <= {"nothing"}
    return seen["outbox"]


class Unicorn:
    """unicorn-mgmt, and one unicorn in it that is connected."""

    def __init__(self, local: Assembly, monkeypatch: pytest.MonkeyPatch, *, auto_quote: bool = True) -> None:
        self.service = Deployed(local, "unicorn-mgmt", monkeypatch)
        fare = {"amount": "1.00", "currency": "USD"}
        body = {
            "name": "Shadowfax",
            "rate-card": {"base": fare, "per-km": fare, "minimum": fare},
            "auto-quote": auto_quote,
        }
        registered = self.service.invoke("api", self.service.call("POST", "/unicorns", body, "unicorns"))
        self.id = json.loads(registered["body"])["id"]
        context = {"eventType": "CONNECT", "connectionId": "c-1", "authorizer": {"sub": "sub-1"}}
        assert told(self.service.after("socket", {"requestContext": context})) == ["nothing"] * 2

    def does(self, method: str, path: str, body: object = None) -> list[str]:
        """The unicorn calls the API."""
        return told(self.service.after("api", self.service.call(method, path, body, "unicorns")))

    def reports(self, lat: float) -> list[str]:
        """The unicorn reports its position."""
        return self.does(
            "PUT", f"/unicorns/{self.id}/position", {"lat": lat, "lon": -122.35, "available": True}
        )

    def booked(self, ride_id: str, responder: str | None = None) -> list[str]:
        """A customer books its quote, or another responder's."""
        data = QuoteAccepted(
            ride_id=ride_id,
            rfq_id="rfq-1",
            responder_id=responder or self.id,
            customer_id="sub-2",
            price=PRICE,
        )
        return told(
            self.service.after("bookings", on_the_bus(data, "rfq-1", occurred_at=now(), deadline=later()))
        )

    def failed(self, ride_id: str, responder: str | None = None) -> list[str]:
        """A booking comes to nothing."""
        data = RideBookingFailed(
            ride_id=ride_id, rfq_id="rfq-1", responder_id=responder or self.id, reason="timeout"
        )
        return told(self.service.after("bookings", on_the_bus(data, "rfq-1", occurred_at=now())))


def test_unicorn_mgmt_announces_rides_and_rejections_of_unicorns(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    unicorn = Unicorn(local, monkeypatch)
    assert unicorn.reports(47.62) == ["nothing"]
    assert unicorn.reports(47.72) == ["nothing"]
    assert unicorn.booked("rfq-1.1") == ["acted"]
    assert unicorn.reports(47.82) == ["nothing"]
    assert unicorn.booked("rfq-1.2") == ["acted"]  # a rejection: it has a ride
    assert unicorn.does("POST", "/rides/rfq-1.1/completion") == ["acted"]
    assert unicorn.booked("rfq-1.3") == ["acted"]
    assert unicorn.does("POST", "/rides/rfq-1.3/cancellation") == ["acted"]
    assert unicorn.booked("rfq-1.4") == ["acted"]
    assert unicorn.failed("rfq-1.4") == ["in vain"]  # whoever booked it knows
    rating = FeedbackReceived(
        ride_id="rfq-1.1",
        responder_id=unicorn.id,
        customer_id="sub-2",
        score=5,
        rating=Rating(count=1, total=5),
        received_at=now(),
    )
    assert told(unicorn.service.after("ratings", on_the_bus(rating, "rfq-1", occurred_at=now()))) == [
        "nothing"
    ]


def test_unicorn_mgmt_announces_the_rides_of_vehicles_from_the_first_on(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    unicorn = Unicorn(local, monkeypatch)
    steed = vehicle("7")
    VehicleTable(unicorn.service.dynamodb, VEHICLE_TABLE).write([steed])
    # That it comes on the books is nobody's news, its ride is.
    assert unicorn.booked("rfq-1.1", steed.responder_id) == ["nothing", "acted"]
    assert unicorn.booked("rfq-1.2", steed.responder_id) == ["acted"]  # a rejection: it has a ride
    assert unicorn.failed("rfq-1.1", steed.responder_id) == ["in vain"]  # whoever booked it knows
    assert unicorn.booked("rfq-1.3", steed.responder_id) == ["acted"]


def test_unicorn_mgmt_hands_on_answers_given_by_hand(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    unicorn = Unicorn(local, monkeypatch, auto_quote=False)
    unicorn.reports(47.62)
    asked = RfqRequested(rfq_id="rfq-1", start=Coordinates(**HERE), destination=Coordinates(**THERE))
    reply_to = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking"
    event = on_the_bus(asked, "rfq-1", occurred_at=now(), deadline=later(), reply_to=reply_to)
    # It is invited, which is noted with it.
    assert told(unicorn.service.after("responder", event)) == ["nothing", "nothing"]
    quote = {"price": {"amount": "12.50", "currency": "USD"}, "pickup-in-seconds": 60}
    assert unicorn.does("POST", "/rfqs/rfq-1/answers", quote) == ["acted"]
    counts = ResponderCounts(asked=1, quoted=1, declined=0, silent=0, late=0)
    at = now()  # what was over a quarter of an hour ago is nobody's news
    over = RfqCompleted(rfq_id="rfq-1", completed_by="cancelled", completed_at=at, responders=counts)
    # The app is told by whoever has written it.
    assert told(unicorn.service.after("closings", on_the_bus(over, "rfq-1", occurred_at=at))) == ["in vain"]


def test_unicorn_mgmt_orders_and_announces_rides_with_partners(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    unicorn = Unicorn(local, monkeypatch)
    assert unicorn.booked("rfq-1.1", "p-comet") == ["acted"]
    confirmed = unicorn.service.call("POST", "/partners/p-comet/answers", None)
    confirmed["headers"] = {"X-Webhook-Token": "token"}
    confirmed["body"] = '{"ride": "rfq-1.1", "status": "COMPLETED"}'
    # The ride is completed; that the partner has called back is nobody's news.
    assert told(unicorn.service.after("partner-callbacks", confirmed)) == ["acted", "nothing"]
    assert unicorn.booked("rfq-1.2", "p-comet") == ["acted"]
    assert unicorn.failed("rfq-1.2", "p-comet") == ["acted"]


def test_unicorn_mgmt_announces_circuits_that_open_and_close(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    unicorn = Unicorn(local, monkeypatch)
    circuits = DynamoDbStore(unicorn.service.dynamodb, "unicorn-mgmt")

    def turned(mode: Mode) -> list[str]:
        set_mode(
            circuits, "p-comet", Override(mode, actor="somebody", reason="a test"), now=now().timestamp()
        )
        return unicorn.does("GET", f"/unicorns/{unicorn.id}")

    assert turned(Mode.FORCED_OPEN) == ["acted"]
    assert turned(Mode.DISABLED) == ["acted"]


def test_unicorn_mgmt_sends_the_turns_of_jobs(local: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Deployed(local, "unicorn-mgmt", monkeypatch)
    key = str(MachineKey.of("silver", "plan", "key", "the-key"))
    who = claims("sub-1", "machines") | {"custom:machine_key": key, "custom:partner": "p-comet"}
    today = now().date().isoformat()
    body = {"kind": "ride-statement", "parameters": {"from": today, "to": today}}
    headers = {"x-api-key": "the-key"}
    asked = request("POST", "/jobs", json.dumps(body), who=who, headers=headers)
    assert service.after("jobs-api", asked) == {"jobs-outbox": ["acted"], "outbox": ["nothing"]}
    job_id = json.loads(
        service.invoke("jobs-api", request("GET", "/jobs", who=who, headers=headers))["body"]
    )["jobs"][0]["id"]
    job = JobTable(service.dynamodb, "unicorn-mgmt").get(job_id)
    assert job
    due = turn_due(None, job)
    assert due
    # It is claimed, noted where it is, and done; and what was measured is kept. None of it makes a message due.
    assert service.after("jobs", batch(due.to_json())) == {
        "jobs-outbox": [*["in vain"] * 3, "nothing"],
        "outbox": ["nothing"] * 4,
    }


class Survey:
    """feedback, and one ride whose customer is asked about it."""

    def __init__(self, local: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service = Deployed(local, "feedback", monkeypatch)

    def begins(self) -> dict[str, list[str]]:
        """The ride is completed."""
        data = RideCompleted(
            ride_id="rfq-1.1",
            rfq_id="rfq-1",
            responder_id="u-a",
            customer_id="sub-1",
            completed_at=now(),
        )
        return self.service.after("rides", on_the_bus(data, "rfq-1", occurred_at=now()))

    def replied(self, text: str) -> dict[str, list[str]]:
        """The customer replies."""
        content = {
            "originationNumber": PHONE,
            "destinationNumber": "+12065550100",
            "messageBody": text,
            "inboundMessageId": text,
        }
        return self._notified("replies", content)

    def agent(self, method: str, what: str, body: object = None) -> dict[str, list[str]]:
        """An agent does something about the call that the customer wants."""
        path = f"/callbacks/rfq-1.1/{what}"
        return self.service.after("api", self.service.call(method, path, body, "support"))

    def delivered(self) -> dict[str, list[str]]:
        """The first SMS has reached the customer."""
        content = {
            "eventType": "TEXT_DELIVERED",
            "messageId": "1",
            "context": {"ride": "rfq-1.1", "sms": "0"},
        }
        return self._notified("receipts", content)

    def _notified(self, function: str, content: dict[str, Any]) -> dict[str, list[str]]:
        notification = {
            "Type": "Notification",
            "MessageId": "1",
            "Message": json.dumps(content),
            "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        }
        return self.service.after(function, batch(json.dumps(notification)))


def test_feedback_announces_what_customers_do_and_sends_what_waits(
    local: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = Survey(local, monkeypatch)
    assert actions(survey.begins()) == {"outreach": 1, "outbox": 1}  # once the SMS is sent, it is announced
    assert actions(survey.delivered()) == {"outreach": 0, "outbox": 0}
    assert actions(survey.replied("3")) == {"outreach": 1, "outbox": 2}  # the score is added, then announced
    assert actions(survey.replied("yes")) == {"outreach": 1, "outbox": 1}
    assert actions(survey.agent("PUT", "claim")) == {"outreach": 0, "outbox": 0}
    assert actions(survey.agent("POST", "outcome", {"outcome": "reached"})) == {"outreach": 0, "outbox": 1}
    correction = survey.service.call(
        "POST", "/rides/rfq-1.1/corrections", {"score": None, "reason": "misread"}, "support"
    )
    assert actions(survey.service.after("api", correction)) == {"outreach": 0, "outbox": 2}


def actions(seen: dict[str, list[str]]) -> dict[str, int]:
    """How many records each consumer acted on."""
    assert all(seen.values())
    return {consumer: outcomes.count("acted") for consumer, outcomes in seen.items()}


def test_roles_of_partners_functions_are_limited_to_the_services_own_prefixes() -> None:
    services = KEY_PREFIX, partner_ride_table.RIDE, callback_table.CALLBACK
    assert services == (CIRCUIT, RIDE, CALLBACK)
    [of_jobs] = JOB_CHANGES
    assert of_jobs["dynamodb"] == {"Keys": {"id": {"S": [{"prefix": job_table.JOB}]}}}


def test_settlement_hears_of_documents_that_can_be_read_and_of_all_that_have_ended() -> None:
    key = {"id": {"S": [{"prefix": document_table.DOCUMENT}]}}
    [of_documents], [outcomes] = DOCUMENT_CHANGES, OUTCOMES
    assert of_documents["dynamodb"] == {"Keys": key}
    heard: Any = outcomes["dynamodb"]
    assert heard["Keys"] == key
    assert set(heard["NewImage"]["state"]["S"]) == {"rendered", *ENDS}


def test_a_callback_that_has_come_is_announced_to_nobody() -> None:
    noted = {
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"id": {"S": f"{CALLBACK}p-nimbus#rfq-1"}}, "NewImage": {}},
    }
    assert [change for change in ANNOUNCED_CHANGES if EventPattern.of(change).matches(noted)] == []
