"""Unicorns that price by hand: invited over their socket, answering over the API."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Connection, Customer, Fleet, Json, Place, Queues, Unicorn
from tests.support.patience import eventually
from tests.support.time_travel import rfq_is_due

NO: Json = {"decline": "lunch-break"}


def quote(amount: str = "12.50", seconds: int = 240) -> Json:
    return {"price": {"amount": amount, "currency": "USD"}, "pickup-in-seconds": seconds}


def by_hand(fleet: Fleet, place: Place) -> Unicorn:
    return fleet.register(place, auto_quote=False)


def disconnect(unicorn: Unicorn, app: Connection) -> None:
    """Close the app's connection, and wait until that is known."""
    assert unicorn.show()["connected"]
    app.close()
    eventually(unicorn.show, "it is known to be disconnected", lambda shown: not shown["connected"])


def test_an_invited_unicorn_prices_the_ride(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn = by_hand(fleet, place)
    app = unicorn.connect()
    rfq = customer.submit(place)
    invitation = app.expect(rfq)
    assert invitation["from"] == {"lat": place.lat, "lon": place.lon}
    assert invitation["deadline"][:19] == customer.http.get(rfq).json()["eta"][:19]
    answer = unicorn.http.post(invitation["links"]["answers"], json=quote())
    assert (answer.status_code, answer.text) == (202, "")
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    [shown] = result["quotes"]
    assert (shown["responder-id"], shown["price"]) == (unicorn.id, quote()["price"])
    app.close()


def test_when_all_decline_the_rfq_completes_early(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorns = [by_hand(fleet, place) for _ in range(5)]
    apps = [unicorn.connect() for unicorn in unicorns]
    rfq = customer.submit(place)
    for unicorn, app in zip(unicorns, apps, strict=True):
        app.expect(rfq)
        assert unicorn.answer(rfq, NO).status_code == 202
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert result["responders"] == {"asked": 5, "quoted": 0, "declined": 5, "silent": 0, "late": 0}
    for app in apps:
        app.close()


def test_nobody_waits_for_who_is_not_connected(customer: Customer, fleet: Fleet, place: Place) -> None:
    by_hand(fleet, place)
    before = by_hand(fleet, place)
    disconnect(before, before.connect())
    result = customer.result(customer.submit(place))
    assert result["completed-by"] == "all-answered"
    assert result["responders"] == {"asked": 2, "quoted": 0, "declined": 2, "silent": 0, "late": 0}


def test_who_disconnects_in_the_middle_may_still_answer(
    customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn, auto = by_hand(fleet, place), fleet.unicorn(place)
    app = unicorn.connect()
    rfq = customer.submit(place)
    app.expect(rfq)
    disconnect(unicorn, app)
    assert customer.http.get(rfq).status_code == 200
    assert unicorn.answer(rfq, quote("7.00")).status_code == 202
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert [shown["responder-id"] for shown in result["quotes"]] == [unicorn.id, auto]
    # The next RFQ finds it unreachable, and does not wait.
    after = customer.result(customer.submit(place))["responders"]
    assert (after["quoted"], after["declined"]) == (1, 1)


def test_an_invitation_that_was_lost_with_its_line_comes_again(
    customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn = by_hand(fleet, place)
    lost = unicorn.connect()
    rfq = customer.submit(place)
    lost.expect(rfq)  # which nobody has read
    lost.close()
    app = unicorn.connect()
    [invitation] = app.resume()["invitations"]
    assert f"{invitation['rfq-id']}/" in f"{rfq}/"
    listed = unicorn.http.get(unicorn.show()["links"]["invitations"]).raise_for_status().json()
    assert listed == {"invitations": [invitation]}
    assert unicorn.http.post(invitation["links"]["answers"], json=quote()).status_code == 202
    assert customer.result(rfq)["completed-by"] == "all-answered"
    assert app.resume()["invitations"] == []
    app.close()


def test_an_app_hears_that_an_rfq_is_cancelled(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn, prompt = by_hand(fleet, place), by_hand(fleet, place)
    app, other = unicorn.connect(), prompt.connect()
    rfq = customer.submit(place)
    app.expect(rfq)
    other.expect(rfq)
    assert prompt.answer(rfq, NO).status_code == 202
    assert customer.http.delete(rfq).status_code == 204
    assert app.expect(rfq, type_="invitation-closed")["completed-by"] == "cancelled"
    assert app.resume()["invitations"] == []
    late = unicorn.answer(rfq, quote())
    assert (late.status_code, late.json()["detail"]) == (410, "The RFQ is over.")
    app.close()
    other.close()


def test_who_has_quoted_hears_what_has_become_of_it(customer: Customer, fleet: Fleet, place: Place) -> None:
    chosen, other = by_hand(fleet, place), by_hand(fleet, place)
    apps = [chosen.connect(), other.connect()]
    rfq = customer.submit(place)
    for unicorn, app in zip((chosen, other), apps, strict=True):
        app.expect(rfq)
        assert unicorn.answer(rfq, quote()).status_code == 202
    quotes = customer.result(rfq)["quotes"]
    [quote_id] = [each["quote-id"] for each in quotes if each["responder-id"] == chosen.id]
    assert customer.http.post(f"{rfq}/bookings", json={"quote-id": quote_id}).status_code == 202
    assert (
        apps[0].expect(rfq, type_="ride")["rfq-id"] == apps[1].expect(rfq, type_="another-chosen")["rfq-id"]
    )
    silent = by_hand(fleet, place).connect()  # for whom the next one waits
    cancelled = customer.submit(place)
    apps[1].expect(cancelled)
    assert other.answer(cancelled, quote()).status_code == 202
    assert customer.http.delete(cancelled).status_code == 204
    assert apps[1].expect(cancelled, type_="invitation-closed")["completed-by"] == "cancelled"
    for app in (*apps, silent):
        app.close()


def test_a_connection_that_died_without_a_word_is_found_out_and_forgotten(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn = by_hand(fleet, place)
    app = unicorn.connect()
    table = cloud.client("dynamodb")
    key = {"TableName": "unicorn-mgmt", "Key": {"id": {"S": unicorn.id}}}
    table.update_item(
        **key,
        UpdateExpression="SET #c = :dead",
        ExpressionAttributeNames={"#c": "connection"},
        ExpressionAttributeValues={":dead": {"S": "ZGVhZA=="}},
    )
    result = customer.result(customer.submit(place))
    assert result["responders"] == {"asked": 1, "quoted": 0, "declined": 1, "silent": 0, "late": 0}
    eventually(
        lambda: table.get_item(**key)["Item"], "it is forgotten", lambda item: "connection" not in item
    )
    app.close()


def test_the_newest_connection_counts(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn = by_hand(fleet, place)
    old, new = unicorn.connect(), unicorn.connect()
    old.close()
    rfq = customer.submit(place)
    new.expect(rfq)
    assert unicorn.answer(rfq, NO).status_code == 202
    assert customer.result(rfq)["completed-by"] == "all-answered"
    new.close()


def test_an_answer_is_given_once_and_may_be_repeated(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn, other = by_hand(fleet, place), by_hand(fleet, place)
    apps = [unicorn.connect(), other.connect()]
    rfq = customer.submit(place)
    for app in apps:
        app.expect(rfq)
    with ThreadPoolExecutor(2) as pool:
        both = [*pool.map(lambda amount: unicorn.answer(rfq, quote(amount)), ("10.00", "11.00"))]
    assert sorted(answer.status_code for answer in both) == [202, 409]
    [amount] = [a for a, answer in zip(("10.00", "11.00"), both, strict=True) if answer.status_code == 202]
    assert unicorn.answer(rfq, quote(amount)).status_code == 202
    assert unicorn.answer(rfq, NO).status_code == 409
    assert other.answer(rfq, NO).status_code == 202
    assert [shown["price"]["amount"] for shown in customer.result(rfq)["quotes"]] == [amount]
    for app in apps:
        app.close()


def test_who_was_not_invited_may_not_answer(
    cloud: Cloud, customer: Customer, fleet: Fleet, queues: Queues, place: Place
) -> None:
    fleet.silent(place)
    stranger, auto = by_hand(fleet, Place.new()), fleet.register(place)
    rfq = customer.submit(place)
    assert eventually(lambda: customer.http.get(f"{rfq}/quotes").json()["quotes"], "the quote")
    assert [unicorn.answer(rfq, quote("0.01")).status_code for unicorn in (stranger, auto)] == [404, 404]
    assert stranger.answer("00000000-0000-7000-8000-000000000000", NO).status_code == 404
    rfq_is_due(cloud, queues, rfq)
    assert [shown["responder-id"] for shown in customer.result(rfq)["quotes"]] == [auto.id]


def test_after_the_deadline_it_is_too_late(
    cloud: Cloud, customer: Customer, fleet: Fleet, queues: Queues, place: Place
) -> None:
    unicorn = by_hand(fleet, place)
    app = unicorn.connect()
    rfq = customer.submit(place)
    app.expect(rfq)
    rfq_is_due(cloud, queues, rfq)
    assert customer.result(rfq)["completed-by"] == "deadline"
    late = unicorn.answer(rfq, quote())
    assert (late.status_code, late.headers["Content-Type"]) == (410, "application/problem+json")
    app.close()


def test_a_unicorn_hears_of_its_ride_over_the_socket(customer: Customer, fleet: Fleet, place: Place) -> None:
    unicorn = by_hand(fleet, place)
    app = unicorn.connect()
    rfq = customer.submit(place)
    app.expect(rfq)
    unicorn.answer(rfq, quote())
    [shown] = customer.result(rfq)["quotes"]
    booked = customer.http.post(f"{rfq}/bookings", json={"quote-id": shown["quote-id"]})
    assert booked.status_code == 202, booked.text
    ride = app.expect(rfq, type_="ride")

    def status() -> str:
        answer = customer.http.get(booked.headers["Location"]).raise_for_status()
        return str(answer.json()["status"])

    eventually(status, "the ride is confirmed", lambda status: status == "confirmed")
    assert unicorn.http.post(ride["links"]["completion"]).status_code == 204
    eventually(status, "the ride is completed", lambda status: status == "completed")
    app.close()


@pytest.mark.parametrize("who", ["nobody", "a customer", "a unicorn not registered"])
def test_only_registered_unicorns_connect(cloud: Cloud, customer: Customer, who: str) -> None:
    tokens = {
        "nobody": "nonsense",
        "a customer": customer.token,
        "a unicorn not registered": cloud.token("unregistered", "unicorns"),
    }
    with pytest.raises(InvalidStatus) as refused:
        Connection(cloud.urls["unicorn-socket"], tokens[who])
    assert refused.value.response.status_code in (401, 403)
