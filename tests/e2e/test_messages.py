"""Messages that come twice, late, forged, unasked for or as garbage."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import (
    INBOX,
    REPLY_QUEUE,
    Customer,
    Fleet,
    Json,
    Place,
    Queues,
    metadata,
    quote,
)
from tests.support.patience import eventually
from tests.support.time_travel import rfq_is_due


@pytest.fixture
def silent(fleet: Fleet, place: Place) -> str:
    """A unicorn that is asked and does not answer by itself."""
    return fleet.silent(place)


def _asked(customer: Customer, rfq: str, count: int = 1) -> None:
    """Wait until it is known who was asked."""

    eventually(
        lambda: customer.http.get(rfq).json(),
        f"{count} asked of {rfq}",
        lambda shown: shown.get("responders-asked") == count,
    )


def test_an_answer_counts_once_and_the_first_one_stands(
    customer: Customer, fleet: Fleet, queues: Queues, place: Place, silent: str
) -> None:
    other = fleet.silent(place)
    rfq = customer.submit(place)
    _asked(customer, rfq, 2)
    for _ in range(3):
        queues.respond(rfq, answers=[quote(silent, "20.00")])
    quotes = eventually(lambda: customer.http.get(f"{rfq}/quotes").json()["quotes"], "the quote")
    queues.respond(rfq, answers=[quote(silent, "1.00")])
    queues.respond(rfq, answers=[quote(other, "30.00")])

    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert [q["price"]["amount"] for q in result["quotes"]] == ["20.00", "30.00"]
    assert result["quotes"][0] == quotes[0]
    assert result["responders"] == {"asked": 2, "quoted": 2, "declined": 0, "silent": 0, "late": 0}


def test_declines_complete_it_early(customer: Customer, queues: Queues, place: Place, silent: str) -> None:
    rfq = customer.submit(place)
    _asked(customer, rfq)
    queues.respond(rfq, answers=[{"kind": "decline", "responder_id": silent, "reason": "busy"}])
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert result["responders"] == {"asked": 1, "quoted": 0, "declined": 1, "silent": 0, "late": 0}


def test_a_late_answer_is_counted_and_not_shown(
    cloud: Cloud, customer: Customer, queues: Queues, place: Place, silent: str
) -> None:
    rfq = customer.submit(place)
    _asked(customer, rfq)
    rfq_is_due(cloud, queues, rfq)
    assert customer.result(rfq)["completed-by"] == "deadline"
    for _ in range(2):
        queues.respond(rfq, answers=[quote(silent)])

    def look() -> Json:
        result: Json = customer.http.get(f"{rfq}/result").json()
        return result

    result = eventually(look, "the late answer in the ledger", lambda result: result["responders"]["late"])
    assert result["quotes"] == []
    assert result["responders"] == {"asked": 1, "quoted": 0, "declined": 0, "silent": 1, "late": 1}


def test_answers_of_who_was_never_asked_do_not_count(
    customer: Customer, queues: Queues, place: Place, silent: str
) -> None:
    rfq = customer.submit(place)
    _asked(customer, rfq)
    queues.respond(rfq, answers=[quote("u-forger", "0.01")])
    queues.respond(rfq, answers=[quote(silent, "20.00")])
    result = customer.result(rfq)
    assert [q["responder-id"] for q in result["quotes"]] == [silent]
    assert result["responders"]["quoted"] == 1


def test_poison_ends_in_the_dlq_with_its_reason_and_stops_nothing_else(
    customer: Customer, queues: Queues, place: Place, silent: str
) -> None:
    rfq = customer.submit(place)
    _asked(customer, rfq)
    poison = {
        "not JSON": "poison, no JSON at all",
        "no envelope": json.dumps({"poison": "no envelope"}),
        "negative price": json.dumps(
            {"metadata": metadata(rfq), "data": {"answers": [quote(silent, "-66.60")]}}
        ),
        "unknown version": json.dumps(
            {
                "metadata": {**metadata(rfq), "event_version": 77},
                "data": {"answers": [quote(silent, "77.70")]},
            }
        ),
    }
    for body in poison.values():
        queues.send(REPLY_QUEUE, body)
    queues.respond(rfq, answers=[quote(silent, "20.00")])

    assert [q["price"]["amount"] for q in customer.result(rfq)["quotes"]] == ["20.00"]
    reasons = {
        case: queues.parked(REPLY_QUEUE, text)["attributes"]["reason"]
        for case, text in zip(poison, ("no JSON at all", "no envelope", "-66.60", "77.70"), strict=True)
    }
    assert "JSON" in reasons["not JSON"]
    assert "metadata" in reasons["no envelope"]
    assert "price.amount" in reasons["negative price"]
    assert "version" in reasons["unknown version"]


def test_an_answer_to_an_unknown_rfq_disturbs_nobody(
    customer: Customer, fleet: Fleet, queues: Queues, place: Place
) -> None:
    fleet.unicorn(place)
    queues.respond("00000000-0000-7000-8000-000000000000", asked=["u-1"], answers=[quote("u-1")])
    assert customer.result(customer.submit(place))["completed-by"] == "all-answered"


@pytest.mark.parametrize(
    "return_address",
    [
        "arn:aws:sqs:us-east-1:000000000000:ride-booking-deadlines",
        "arn:aws:sqs:eu-west-1:999999999999:evil",
        "nonsense",
    ],
)
def test_a_forged_return_address_gets_no_answer(cloud: Cloud, queues: Queues, return_address: str) -> None:
    said = metadata("forged-rfq")
    event = {
        "metadata": {
            **said,
            "reply_to": return_address,
            "deadline": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        },
        "data": {
            "rfq_id": "forged-rfq",
            "start": {"lat": 1, "lon": 1},
            "destination": {"lat": 1.1, "lon": 1},
        },
    }
    cloud.client("events").put_events(
        Entries=[
            {
                "EventBusName": "wild-rydes",
                "Source": "wildrydes.ride-booking",
                "DetailType": "RfqRequested",
                "Detail": json.dumps(event),
            }
        ]
    )
    parked = queues.parked(INBOX, said["event_id"])
    assert "return address" in parked["attributes"]["reason"]
    assert parked["attributes"]["error"] == "ForbiddenReturnAddress"
