"""Customers book quotes, and the unicorns of the other service confirm, complete or give up the rides."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Fleet, Json, Place, Unicorn, key
from tests.support.patience import PATIENCE, eventually
from tests.support.sockets import Socket


def finished(customer: Customer, place: Place) -> tuple[Json, list[str]]:
    """A completed RFQ's result and its quote ids, the best first."""
    result = customer.result(customer.submit(place))
    return result, [quote["quote-id"] for quote in result["quotes"]]


def book(customer: Customer, result: Json, quote_id: str, **headers: str) -> Any:
    return customer.http.post(
        result["links"]["bookings"], json={"quote-id": quote_id}, headers={**key(), **headers}
    )


def status(customer: Customer, url: str, *wanted: str) -> Json:
    """The ride, as soon as it has one of these statuses."""

    def look() -> Json:
        ride: Json = customer.http.get(url).raise_for_status().json()
        return ride

    return eventually(
        look, f"ride {url.rpartition('/')[2]} {' or '.join(wanted)}", lambda ride: ride["status"] in wanted
    )


def test_a_ride_from_booking_to_completion(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn = fleet.register(place)
    result, [best] = finished(customer, place)
    answer = book(customer, result, best)
    assert answer.status_code == 202
    ride = answer.headers["Location"]
    assert answer.json()["status"] == "pending"

    confirmed = status(customer, ride, "confirmed")
    assert (confirmed["responder-id"], confirmed["price"]) == (unicorn.id, result["quotes"][0]["price"])
    unicorn.http.post(f"/rides/{confirmed['id']}/completion").raise_for_status()
    assert status(customer, ride, "completed")["links"]["rfq"] == result["links"]["self"]
    assert book(customer, result, best).status_code == 409


def test_of_two_customers_racing_for_one_unicorn_one_wins_and_the_other_may_book_another(
    cloud: Cloud, fleet: Fleet, place: Place
) -> None:
    fleet.register(place, base="1.00")
    racers = [Customer(cloud), Customer(cloud)]
    results = [finished(racer, place) for racer in racers]
    second = fleet.register(place, base="9.00")
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda r, found: book(r, found[0], found[1][0]), racers, results))
    assert [answer.status_code for answer in answers] == [202, 202]
    urls = [answer.headers["Location"] for answer in answers]
    rides = [status(racer, url, "confirmed", "rejected") for racer, url in zip(racers, urls, strict=True)]
    assert sorted(ride["status"] for ride in rides) == ["confirmed", "rejected"]

    loser = racers[[ride["status"] for ride in rides].index("rejected")]
    [lost] = [ride for ride in rides if ride["status"] == "rejected"]
    assert lost["reason"] == "unicorn-busy"
    again, [other] = finished(loser, place)
    assert other == second.id
    status(loser, book(loser, again, other).headers["Location"], "confirmed")


def test_after_a_rejection_another_quote_of_the_same_rfq_is_booked(
    customer: Customer, fleet: Fleet, place: Place
) -> None:
    gone, stays = fleet.register(place, base="1.00"), fleet.register(place, base="9.00")
    result, quotes = finished(customer, place)
    assert quotes == [gone.id, stays.id]
    gone.report(place, available=False)

    first = status(customer, book(customer, result, gone.id).headers["Location"], "rejected")
    assert first["reason"] == "unicorn-gone"
    second = status(customer, book(customer, result, stays.id).headers["Location"], "confirmed")
    assert second["id"] != first["id"]
    stays.http.post(f"/rides/{second['id']}/cancellation").raise_for_status()
    assert status(customer, second["links"]["self"], "rejected")["reason"] == "cancelled-by-unicorn"


def test_the_same_key_is_the_same_ride(customer: Customer, fleet: Fleet, place: Place) -> None:
    fleet.register(place)
    result, [best] = finished(customer, place)
    answers = [book(customer, result, best, **{"Idempotency-Key": "k"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_an_expired_quote_is_gone(cloud: Cloud, customer: Customer, fleet: Fleet, place: Place) -> None:
    fleet.register(place)
    result, [best] = finished(customer, place)
    cloud.client("dynamodb").update_item(  # eleven minutes go by
        TableName="ride-booking",
        Key={"id": {"S": result["id"]}},
        UpdateExpression="SET completed_at = completed_at - :eleven, revision = revision + :one",
        ExpressionAttributeValues={":eleven": {"N": "660000"}, ":one": {"N": "1"}},
    )
    assert book(customer, result, best).status_code == 410


def test_nobody_books_or_sees_what_is_anothers(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place
) -> None:
    fleet.register(place)
    result, [best] = finished(customer, place)
    stranger = Customer(cloud)
    assert book(stranger, result, best).status_code == 404
    ride = book(customer, result, best).headers["Location"]
    assert stranger.http.get(ride).status_code == 404
    assert status(customer, ride, "confirmed")["status"] == "confirmed"


def test_updates_come_from_the_quote_to_the_end_of_the_ride(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn: Unicorn = fleet.register(place)
    with Socket(cloud, customer) as socket:
        rfq = customer.submit(place)
        rfq_id = rfq.rpartition("/")[2]
        first = socket.subscribe(rfq_id=rfq_id)
        assert first["type"] == "snapshot"
        done = first if first["status"] == "completed" else socket.until(status="completed")
        quotes = [q["quote-id"] for message in socket.messages for q in message["quotes"]]
        assert quotes == [unicorn.id]
        assert done["completed-by"] == "all-answered"
        result = customer.result(rfq)
        ride = book(customer, result, unicorn.id).json()
        socket.until(ride="pending")
        socket.until(ride="confirmed")
        unicorn.http.post(f"/rides/{ride['id']}/completion").raise_for_status()
        socket.until(ride="completed")
        revisions = [message["revision"] for message in socket.messages]
        assert revisions == sorted(revisions)


def test_who_comes_back_misses_nothing(cloud: Cloud, customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn = fleet.register(place)
    result, _ = finished(customer, place)
    with Socket(cloud, customer) as socket:
        before = socket.subscribe(rfq_id=result["id"])
    ride = book(customer, result, unicorn.id).json()  # nobody listens
    status(customer, ride["links"]["self"], "confirmed")
    with Socket(cloud, customer) as socket:
        after = socket.subscribe(ride_id=ride["id"])
        assert [r["status"] for r in after["rides"]] == ["confirmed"]
        assert after["revision"] > before["revision"]
        unicorn.http.post(f"/rides/{ride['id']}/completion").raise_for_status()
        socket.until(ride="completed")
    item = cloud.client("dynamodb").get_item(TableName="ride-booking", Key={"id": {"S": result["id"]}})
    assert len(item["Item"]["watchers"]["SS"]) == 1, "the connection that is gone was found so, and removed"


def test_a_status_document_needs_no_token_and_is_true(cloud: Cloud, customer: Customer, place: Place) -> None:
    answer = customer.http.post(
        "/instant-ride-rfqs", json=place.ride(), headers={"Prefer": "status-document"}
    )
    assert answer.headers["Preference-Applied"] == "status-document"
    url, rfq = answer.json()["links"]["status-document"], answer.headers["Location"]

    def look() -> Json | None:
        found = httpx.get(url, timeout=PATIENCE)
        return found.json() if found.status_code == 200 else None

    shown = eventually(look, "the document of the end", lambda shown: shown["status"] == "completed")
    assert shown["completed-by"] == customer.result(rfq)["completed-by"]
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_nobody_watches_what_is_anothers(cloud: Cloud, customer: Customer, place: Place) -> None:
    rfq_id = customer.submit(place).rpartition("/")[2]
    with Socket(cloud, Customer(cloud)) as socket:
        refused = socket.subscribe(rfq_id=rfq_id)
        assert refused == {"type": "refused", "rfq-id": rfq_id, "reason": "no-such-rfq"}
        unknown = socket.subscribe(rfq_id="01a1fd55-5472-797f-b00e-2dcdef8f6e19")
        assert unknown["reason"] == "no-such-rfq"
        socket.send("rubbish")
        assert socket.receive()["reason"] == "not-understood"
