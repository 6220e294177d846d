"""An RFQ from its submission to its result, in every way it can end."""

import time
import uuid
from datetime import datetime

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Fleet, Json, Place, Queues
from tests.support.patience import eventually
from tests.support.time_travel import rfq_is_due


def test_everyone_answers(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorns = {fleet.unicorn(place, base=base) for base in ("5.00", "3.00", "4.00")}

    before = time.time()
    submitted = customer.http.post("/instant-ride-rfqs", json=place.ride())
    after = time.time()
    assert submitted.status_code == 202
    body = submitted.json()
    assert body["status"] == "running"
    assert body["responses-received"] == 0
    assert submitted.headers["Location"] == body["links"]["self"]
    eta = datetime.fromisoformat(body["eta"]).timestamp()
    assert before + 300 - 1 <= eta <= after + 300  # to the second, or the millisecond
    assert submitted.headers["Retry-After"] == "1"

    result = customer.result(body["links"]["self"])
    assert result["completed-by"] == "all-answered"
    assert result["responders"] == {"asked": 3, "quoted": 3, "declined": 0, "silent": 0, "late": 0}
    assert {quote["responder-id"] for quote in result["quotes"]} == unicorns
    amounts = [float(quote["price"]["amount"]) for quote in result["quotes"]]
    assert amounts == sorted(amounts)
    assert amounts[1] - amounts[0] == pytest.approx(1.00)
    assert result["from"]["label"] == "Secret Garden"

    quotes = customer.http.get(body["links"]["quotes"])
    assert quotes.json()["quotes"] == result["quotes"]
    again = customer.http.get(body["links"]["quotes"], headers={"If-None-Match": quotes.headers["ETag"]})
    assert again.status_code == 304


def test_nobody_in_reach_ends_at_once_without_quotes(customer: Customer, place: Place) -> None:
    result = customer.result(customer.submit(place))
    assert result["completed-by"] == "all-answered"
    assert result["quotes"] == []
    assert result["responders"]["asked"] == 0


def test_the_deadline_ends_it_when_someone_stays_silent(
    cloud: Cloud, customer: Customer, fleet: Fleet, queues: Queues, place: Place
) -> None:
    quoting, silent = fleet.unicorn(place), fleet.silent(place)

    rfq = customer.submit(place)

    def running() -> Json:
        answer = customer.http.get(rfq)
        assert answer.status_code == 200
        found: Json = answer.json()
        return found

    eventually(
        running,
        "one answer of two",
        lambda shown: (shown["responders-asked"], shown["responses-received"]) == (2, 1),
    )
    assert customer.http.get(f"{rfq}/result").status_code == 409
    rfq_is_due(cloud, queues, rfq)
    result = customer.result(rfq)
    assert result["completed-by"] == "deadline"
    assert [quote["responder-id"] for quote in result["quotes"]] == [quoting]
    assert silent not in str(result["quotes"])
    assert result["responders"] == {"asked": 2, "quoted": 1, "declined": 0, "silent": 1, "late": 0}


def test_cancel(customer: Customer, fleet: Fleet, place: Place) -> None:
    fleet.silent(place)
    rfq = customer.submit(place)
    assert [customer.http.delete(rfq).status_code for _ in range(2)] == [204, 204]
    assert customer.result(rfq)["completed-by"] == "cancelled"


def test_a_completed_rfq_cannot_be_cancelled(customer: Customer, fleet: Fleet, place: Place) -> None:
    fleet.unicorn(place)
    rfq = customer.submit(place)
    before = customer.result(rfq)
    assert customer.http.delete(rfq).status_code == 409
    assert customer.result(rfq) == before


def test_submitting_twice_with_one_key_is_submitting_once(customer: Customer, place: Place) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = (
        customer.http.post("/instant-ride-rfqs", json=place.ride(), headers=key) for _ in range(2)
    )
    assert first.status_code == second.status_code == 202
    assert first.headers["Location"] == second.headers["Location"]
    assert first.json() == second.json()

    other = customer.http.post("/instant-ride-rfqs", json=place.ride(**{"respond-within": 60}), headers=key)
    assert other.status_code == 422
    assert other.headers["Content-Type"] == "application/problem+json"
    assert len(customer.http.get("/instant-ride-rfqs").json()["rfqs"]) == 1


def test_the_list_is_newest_first_and_pages_by_its_next_link(customer: Customer, place: Place) -> None:
    submitted = [customer.submit(place) for _ in range(23)]

    listed, url = [], "/instant-ride-rfqs"
    while url:
        page = customer.http.get(url).raise_for_status().json()
        listed += [rfq["links"]["self"] for rfq in page["rfqs"]]
        url = page["links"].get("next")
    assert listed == submitted[::-1]


def test_links_are_followed_as_given(customer: Customer, fleet: Fleet, place: Place) -> None:
    fleet.unicorn(place)
    links = customer.http.post("/instant-ride-rfqs", json=place.ride()).json()["links"]
    with httpx.Client(headers=customer.http.headers, follow_redirects=True) as outside:
        answer = eventually(
            lambda: outside.get(links["self"]),
            "the way to the result",
            lambda answer: answer.url == links["result"],
        )
        assert answer.json()["completed-by"] == "all-answered"
        assert outside.get(links["quotes"]).status_code == 200
